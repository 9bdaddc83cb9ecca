import { type OperationalCode, operationalErrors } from './error-catalogue.ts'

/** A fault of the machine, the disk or the configuration, thrown from floor 5 up and shown to a person with what to do next. */
export class OperationalError extends Error {
  override readonly name = 'OperationalError'
  readonly code: OperationalCode
  readonly hint: string
  readonly exit: number
  readonly docs: string

  /** @param where the file, line, key or address concerned; @param message what happened there. */
  constructor(code: OperationalCode, message: string, options: { hint?: string; where?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint ?? operationalErrors[code].hint
    this.exit = operationalErrors[code].exit
    this.docs = `docs/errors.md#${code.toLowerCase()}`
    this.where = options.where
  }

  readonly where: string | undefined
}
