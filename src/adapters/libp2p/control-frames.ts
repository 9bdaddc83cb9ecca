/** What control streams carry (docs/spec/network.md, "Hello"), for whoever reads and writes them. */
import { proofBytesMax } from '../../ports/network.ts'
import { type Bytes, utf8 } from '../../primitives/bytes.ts'
import { featuresBytesMax } from './features.ts'
import { frameBytes, writeFrameHeader } from './frame.ts'
import { helloBytesMax, reasonBytesMax } from './limits.ts'

/** The second version differs by one frame, which comes first: what its sender can do (features.ts). */
export const featuredProtocol = '/synod/hello/2'
/** In it the first frame is the hello itself. */
export const plainHelloProtocol = '/synod/hello/1'
/** The preferred first. */
export const helloProtocols = [featuredProtocol, plainHelloProtocol] as const

export const kind = {
  hello: 1,
  accept: 2,
  refuse: 3,
  duplicate: 4,
  ping: 5,
  pong: 6,
  acknowledge: 7,
  goodbye: 8,
  proof: 9,
  features: 16,
} as const

export const controlBytesMax = new Map<number, number>([
  [kind.hello, helloBytesMax],
  [kind.accept, 8],
  [kind.refuse, reasonBytesMax],
  [kind.duplicate, 0],
  [kind.ping, 4],
  [kind.pong, 4],
  [kind.acknowledge, 4],
  [kind.goodbye, reasonBytesMax],
  [kind.proof, proofBytesMax],
  [kind.features, featuresBytesMax],
])
/** All that is said on the control stream of a connection that only tries an address. */
export function plainHelloFrame(hello: Bytes): Bytes {
  const frame = { kind: kind.hello, payload: hello }
  const bytes = new Uint8Array(frameBytes(frame))
  bytes.set(hello, writeFrameHeader(bytes, 0, frame))
  return bytes
}

/** At most `reasonBytesMax` bytes, cut between characters. */
export function boundedText(text: string): Bytes {
  const bytes = utf8(text)
  if (bytes.length <= reasonBytesMax) return bytes
  let end = reasonBytesMax
  while (((bytes[end] as number) & 0xc0) === 0x80) end -= 1
  return bytes.subarray(0, end)
}

/** A reason as the peer wrote it, fit for a log line: no control characters. */
export function textOf(bytes: Bytes): string {
  return new TextDecoder().decode(bytes).replace(/\p{Cc}/gu, ' ')
}
