import type { ErrorView } from '../client/views.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'

/** A request this API refuses: a status, a code of the catalogue, and what was wrong with it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: RejectionCode

  constructor(status: number, code: RejectionCode, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function errorToView(code: string, message: string): ErrorView {
  return { error: { code, message, docs: `docs/errors.md#${code.toLowerCase()}` } }
}
