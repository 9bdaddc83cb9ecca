import type { Stream } from '@libp2p/interface'
import { streamPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { type Bytes, concatBytes, utf8 } from '../../primitives/bytes.ts'
import { createRandom } from '../../simulator/random.ts'
import { traversalsAtOnceMax } from './limits.ts'
import { peerIdOf } from './peer-id.ts'
import { encodeProtobuf } from './protobuf.ts'
import { createTraversal } from './webrtc-traversal.ts'

/** What a peer on a relayed connection may say in place of an offer; the library beneath reads it in code of another language. */
const kind = { offer: 0, answer: 1, candidate: 2 } as const
const says = (type: number, data: string): Bytes =>
  encodeProtobuf([
    [1, type],
    [2, utf8(data)],
  ] as never)
const peer = await peerIdOf(new Uint8Array(32).fill(1))
const relayed = { remoteAddr: multiaddr(`/ip4/10.0.0.1/tcp/1/p2p-circuit/p2p/${peer}`) } as never

const offer = [
  'v=0',
  'o=rtc 1 0 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=ice-options:ice2,trickle',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=sendrecv',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  'a=setup:actpass',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  '',
].join('\r\n')

async function setUp() {
  const log = Object.assign(() => undefined, { error: () => undefined, trace: () => undefined, newScope: () => log })
  let upgraded = 0
  const upgrader = { upgradeInbound: async () => void upgraded++ }
  const components = { peerId: peer, logger: { forComponent: () => log }, upgrader, events: new EventTarget() }
  const door = { arrive: () => undefined }
  const traversal = await createTraversal({ components: components as never, door: door as never, stunServers: [] })
  /** Resolves with whether a connection came of it, once the stream is over. */
  async function hear(...messages: readonly Bytes[]): Promise<'failed' | 'met'> {
    const [near, far] = await streamPair()
    const outcome = traversal.answer(far, relayed).then(
      () => 'met' as const,
      () => 'failed' as const,
    )
    for (const message of messages) send(near, message)
    await near.close().catch(() => undefined)
    return outcome
  }
  return { traversal, hear, upgraded: () => upgraded }
}

function send(stream: Stream, message: Bytes): void {
  const length: number[] = []
  let rest = message.length
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128)
  if (stream.status === 'open') stream.send(concatBytes(Uint8Array.of(...length, rest), message))
}

describe('offers of a relayed peer', () => {
  it.each<[string, readonly Bytes[]]>([
    ['are none', []],
    ['are bytes of anything', [Uint8Array.of(255, 255, 255, 255)]],
    ['are empty', [says(kind.offer, '')]],
    ['begin with an answer', [says(kind.answer, offer)]],
    ['begin with a candidate', [says(kind.candidate, '{}')]],
    ['are no description', [says(kind.offer, 'v=0\r\nnonsense\u0000\r\n')]],
    ['describe nothing', [says(kind.offer, 'v=0\r\n')]],
    ['say numbers that are none', [says(kind.offer, offer.replace('9 UDP', '999999999999 UDP').replace('5000', '-1'))]],
    ['are long lines', [says(kind.offer, `${offer}a=${'x'.repeat(40_000)}\r\n`)]],
    [
      'are followed by candidates of nonsense',
      [says(kind.offer, offer), says(kind.candidate, '{"candidate":"nonsense"}'), says(kind.candidate, '[[[')],
    ],
    ['are followed by candidates without end', [says(kind.offer, offer), ...Array(3000).fill(says(kind.candidate, 'null'))]],
    ['are longer than any', [says(kind.offer, offer + 'a=x\r\n'.repeat(40_000))]],
  ])('that %s lead to no connection, and do no harm', async (_what, messages) => {
    const { hear, upgraded } = await setUp()
    expect(await hear(...messages)).toBe('failed')
    expect(upgraded()).toBe(0)
  })

  it('in any mutation lead to no connection, and do no harm', async () => {
    const random = createRandom(7n)
    const { hear, upgraded } = await setUp()
    for (let round = 0; round < 60; round++) {
      const bytes = says(kind.offer, offer)
      for (let change = 0; change <= round % 8; change++) bytes[random.below(bytes.length)] = random.below(256)
      expect(await hear(bytes)).toBe('failed')
    }
    expect(upgraded()).toBe(0)
  }, 60_000)

  it('that are left hanging are so many at a time', async () => {
    const { traversal } = await setUp()
    const pairs = await Promise.all(Array.from({ length: traversalsAtOnceMax + 1 }, () => streamPair()))
    const answers = pairs.map(([, far]) => traversal.answer(far, relayed).catch((error: Error) => error.message))
    expect(await answers.at(-1)).toMatch(/others are being met/)
    for (const [near] of pairs) near.abort(new Error('enough'))
    await Promise.all(answers)
    const [near, far] = await streamPair()
    const next = traversal.answer(far, relayed).catch((error: Error) => error.message)
    near.abort(new Error('enough'))
    expect(await next).not.toMatch(/others are being met/)
  })
})
