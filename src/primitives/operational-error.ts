import { type OperationalCode, operationalErrors } from './error-catalogue.ts'

/** A fault of the machine, the disk or the configuration, thrown from floor 5 up and shown to a person with what to do next. */
export class OperationalError extends Error {
  override readonly name = 'OperationalError'
  readonly code: OperationalCode
  /** The file, line, key or address concerned. */
  readonly where: string | undefined
  readonly hint: string
  /** Process exit status. */
  readonly exit: number
  readonly docs: string

  /** @param message what happened, in a sentence; what it happened to goes into `where`, and a better hint than the catalogue's into `hint`. */
  constructor(code: OperationalCode, message: string, options: { hint?: string; where?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.where = options.where
    this.hint = options.hint ?? operationalErrors[code].hint
    this.exit = operationalErrors[code].exit
    this.docs = `docs/errors.md#${code.toLowerCase()}`
  }
}
