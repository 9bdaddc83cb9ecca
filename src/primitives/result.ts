import type { RejectionCode } from './error-catalogue.ts'

/** The outcome of checking something another party sent: a value, or the reason why it is refused. Nothing is thrown. */
export type Result<T, E = Rejection> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

/** A peer's or a client's fault. Only the peer ledger turns it into a penalty, only the API into a status code. */
export interface Rejection {
  readonly code: RejectionCode
  /** What was seen, for a log line or an API answer: bounded in length, never raw untrusted bytes. */
  readonly detail: string
}

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

export function reject(code: RejectionCode, detail = ''): { readonly ok: false; readonly error: Rejection } {
  return { ok: false, error: { code, detail } }
}
