import { refusal } from '../peers/refusal.ts'
import type { Rejection } from '../primitives/result.ts'

/** What an answer throws when the request itself is at fault: the requester is told the code, and the judge hears of it. */
export function requestRejected(rejection: Rejection): Error {
  return refusal('REQUEST_MALFORMED', rejection.code, { rejection })
}

export function requestRejectionOf(error: unknown): Rejection | undefined {
  const cause = error instanceof Error ? (error.cause as { readonly rejection?: Rejection } | undefined) : undefined
  return cause?.rejection
}
