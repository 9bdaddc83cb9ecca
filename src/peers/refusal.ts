/**
 * How a responder refuses a request: a code, and after a space what belongs to it. With the two that ask to come again later that is
 * milliseconds, with the others words for a person to read. Spec: docs/spec/network.md, "Requests".
 */
export const refusalCodes = [
  'PEER_BUSY',
  'PEER_OVER_BUDGET',
  'REQUEST_MALFORMED',
  'REQUEST_NOT_FOUND',
  'REQUEST_UNSUPPORTED',
  'REQUEST_INTERNAL',
] as const
export type RefusalCode = (typeof refusalCodes)[number]
export type RetryCode = 'PEER_OVER_BUDGET' | 'PEER_BUSY'

/** A refusal as the requester understands it. */
export interface Refusal {
  readonly code: RefusalCode
  /** The peer's own words, untrusted. */
  readonly text: string
  /** When to ask again; `undefined` when the refusal does not say. */
  readonly retryMs: number | undefined
}

/** However long the other side asks for, it is asked again after so much: it may have been restarted. */
const retryMsMax = 60_000

/** What the answer to a request throws to refuse it. */
export function refusal(code: Exclude<RefusalCode, RetryCode>, text: string, cause?: unknown): Error {
  return new Error(`${code} ${text}`, { cause })
}

/** What the answer to a request throws when it may be asked for later. */
export function refusalUntil(code: RetryCode, retryMs: number): Error {
  return new Error(`${code} ${Math.min(retryMsMax, Math.ceil(retryMs))}`)
}

/** What the requester is told when the answer threw this. An error that is no refusal is this node's own affair. */
export function refusalText(error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  return codeOf(text) === undefined ? 'REQUEST_INTERNAL' : text
}

/** Reads what a responder said. A code of a later version, or none, is one that says nothing. */
export function readRefusal(text: string): Refusal {
  const code = codeOf(text)
  if (code === undefined) return { code: 'REQUEST_INTERNAL', text, retryMs: undefined }
  const rest = text.slice(code.length + 1)
  const asksForPatience = (code === 'PEER_BUSY' || code === 'PEER_OVER_BUDGET') && /^[0-9]{1,9}$/.test(rest)
  return { code, text: rest, retryMs: asksForPatience ? Math.min(retryMsMax, Number(rest)) : undefined }
}

function codeOf(text: string): RefusalCode | undefined {
  const [word] = text.split(' ', 1)
  return refusalCodes.find((code) => code === word)
}
