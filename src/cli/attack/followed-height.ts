import { createFrameReader } from '../../adapters/libp2p/frame.ts'
import { consensusMessageSchema } from '../../chain/consensus-message.ts'
import { decode } from '../../codec/codec.ts'
import { channelBytesMax, channels } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'

/** The height the node decides, from what it says on its stream of votes: messages for any other would only be ignored. */
export interface FollowedHeight {
  readonly height: number
  start(height: number): void
  onBytes(protocol: string, bytes: Bytes): void
}

export function createFollowedHeight(): FollowedHeight {
  let reader = createFrameReader(() => channelBytesMax.consensus)
  let height = 1
  return {
    get height() {
      return height
    },
    start(first) {
      height = first
      reader = createFrameReader(() => channelBytesMax.consensus)
    },
    onBytes(protocol, bytes) {
      if (!protocol.startsWith('/synod/votes/')) return
      reader.push(bytes)
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        if (channels[frame.kind] !== 'consensus') continue
        const decoded = decode(consensusMessageSchema, frame.payload)
        if (decoded.ok && decoded.value.type === 'round-state') height = Math.max(height, decoded.value.roundState.height)
      }
    },
  }
}
