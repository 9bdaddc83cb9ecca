import { zstdCompressSync } from 'node:zlib'
import { compressedKinds } from '../../adapters/libp2p/compressor.ts'
import { uint32 } from '../../adapters/libp2p/frame.ts'
import { channels } from '../../ports/network.ts'
import { concatBytes } from '../../primitives/bytes.ts'
import type { Attack } from './attack.ts'
import { frameOf } from './frame-of.ts'
import { hammer } from './hammer.ts'

const inflatedBytes = 64 << 20
/** What a batch of good size would have. */
const modestBytes = 100_000

/** Batches of a few kilobytes that inflate to 64 MiB: every other one says so, and the rest say that they are modest. */
export const decompressionBomb: Attack = (context) => {
  const packed = zstdCompressSync(new Uint8Array(inflatedBytes))
  const [kind = 0] = compressedKinds(channels.indexOf('batches'))
  const bombs = [modestBytes, inflatedBytes].map((announced) => frameOf(kind, concatBytes(uint32(announced), packed)))
  return hammer(
    context,
    { protocol: '/synod/batches/1', fatal: true, load: () => (index) => bombs[index % bombs.length] as Uint8Array },
    90,
  )
}
