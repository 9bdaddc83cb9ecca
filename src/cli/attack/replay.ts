import { createFrameReader } from '../../adapters/libp2p/frame.ts'
import { channelBytesMax, channels } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { Attack } from './attack.ts'
import { frameOf } from './frame-of.ts'
import { hammer } from './hammer.ts'

const recordedMax = 64

/** What the node itself said to this peer (its votes and round states), said back to it over and over. */
export const replay: Attack = (context) => {
  const recorded: Bytes[] = []
  let reader = createFrameReader(() => channelBytesMax.consensus)
  return hammer(
    context,
    {
      protocol: '/synod/votes/1',
      onBytes(protocol, bytes) {
        if (!protocol.startsWith('/synod/votes/') || recorded.length >= recordedMax) return
        reader.push(bytes)
        for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
          if (channels[frame.kind] === 'consensus' && recorded.length < recordedMax)
            recorded.push(frameOf(frame.kind, frame.payload.slice()))
        }
      },
      load({ control }) {
        reader = createFrameReader(() => channelBytesMax.consensus)
        void control
        return (index) => recorded[index % Math.max(1, recorded.length)] ?? new Uint8Array(0)
      },
    },
    80,
  )
}
