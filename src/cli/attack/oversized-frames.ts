import { channelBytesMax, channels } from '../../ports/network.ts'
import { concatBytes } from '../../primitives/bytes.ts'
import type { Attack } from './attack.ts'
import { frameHead } from './frame-of.ts'
import { hammer } from './hammer.ts'

const follows = new Uint8Array(16 << 10)

/** Frames of votes that announce one byte more than they may have, and up to all that three bytes can say. */
export const oversizedFrames: Attack = (context) =>
  hammer(
    context,
    {
      protocol: '/synod/votes/1',
      fatal: true,
      load: () => (index) => {
        const length = index % 2 === 0 ? channelBytesMax.consensus + 1 : 0xffffff
        return concatBytes(frameHead(channels.indexOf('consensus'), length), follows)
      },
    },
    50,
  )
