/** What request streams carry (docs/spec/network.md, "Requests"). Every frame starts with the request's id, four bytes. */
import { type RequestProtocol, requestBytesMax, requestProtocols, responsePartBytesMax } from '../../ports/network.ts'
import { compressedKinds } from './compressor.ts'
import { reasonBytesMax } from './limits.ts'
import { paddingBytesMax, paddingKind } from './padding.ts'

const idBytes = 4

/** From the requester. */
export const requestKind = { request: 1, cancel: 2, consumed: 3 } as const
/** From the responder. */
export const answerKind = { part: 1, end: 2, refusal: 3 } as const

export const requestFrameBytesMax = new Map<number, number>([
  [requestKind.request, idBytes + requestBytesMax],
  [requestKind.cancel, idBytes],
  [requestKind.consumed, idBytes + 4],
  [paddingKind, paddingBytesMax],
])
export const answerFrameBytesMax = new Map<number, number>([
  [answerKind.part, idBytes + responsePartBytesMax],
  ...compressedKinds(answerKind.part).map((kind): [number, number] => [kind, idBytes + responsePartBytesMax]),
  [answerKind.end, idBytes],
  [answerKind.refusal, idBytes + reasonBytesMax],
  [paddingKind, paddingBytesMax],
])

export function requestProtocolName(protocol: RequestProtocol): string {
  return `/synod/req/${protocol}/1`
}

/** Behind the direct channels of the same connection. */
export function requestPriority(protocol: RequestProtocol): number {
  return 8 + requestProtocols.indexOf(protocol)
}
