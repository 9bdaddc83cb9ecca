import type { RequestProtocol } from '../../ports/network.ts'

/** Kinds of frames from the requester. */
export const requestKind = { request: 1, cancel: 2, consumed: 3 } as const
/** From the responder. */
export const answerKind = { part: 1, end: 2, refusal: 3 } as const

export function requestProtocolName(protocol: RequestProtocol): string {
  return `/synod/req/${protocol}/1`
}
