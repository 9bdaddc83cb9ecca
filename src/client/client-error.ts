/** Why a node's API could not be used: it was not reached, or it refused with a code of the error catalogue. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: string
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number

  constructor(code: string, message: string, status: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.status = status
  }
}
