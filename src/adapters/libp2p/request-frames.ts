/** What request streams carry (docs/spec/network.md, "Requests"). Every frame starts with the request's id, four bytes. */
import { type RequestProtocol, requestBytesMax, requestProtocols, responsePartBytesMax } from '../../ports/network.ts'
import { compressedKinds } from './compressor.ts'
import { reasonBytesMax } from './limits.ts'
import { paddingBytesMax, paddingKind } from './padding.ts'
import { answerKind, requestKind } from './request-kinds.ts'

const idBytes = 4

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

/** Behind the direct channels of the same connection. */
export function requestPriority(protocol: RequestProtocol): number {
  return 8 + requestProtocols.indexOf(protocol)
}
