/**
 * How a responder tells a requester to come again later: the code, a space, and milliseconds. Any other refusal is for a person to
 * read. Spec: docs/spec/network.md, "Budgets".
 */
export type RetryCode = 'PEER_OVER_BUDGET' | 'PEER_BUSY'

/** However long the other side asks for, it is asked again after so much: it may have been restarted. */
const retryMsMax = 60_000

export function refusalText(code: RetryCode, retryMs: number): string {
  return `${code} ${Math.min(retryMsMax, Math.ceil(retryMs))}`
}

/** When to ask again; `undefined` when the refusal does not say. */
export function retryMsOf(refusal: string): number | undefined {
  const [, digits] = /^PEER_(?:OVER_BUDGET|BUSY) ([0-9]{1,9})$/.exec(refusal) ?? []
  return digits === undefined ? undefined : Math.min(retryMsMax, Number(digits))
}
