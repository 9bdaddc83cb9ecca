import type { Bytes } from '../../primitives/bytes.ts'
import type { Attack } from './attack.ts'
import { hammer, type Weapon } from './hammer.ts'
import { createRecorder } from './recorder.ts'

const recordedMax = 64

/** What the node itself said to this peer, said back to it over and over: votes and round states by one identity, batches by another. */
export const replay: Attack = async (context) => {
  const half = { ...context, rate: Math.max(1, context.rate / 2) }
  await Promise.all([hammer(half, echo('/synod/votes/1'), 80), hammer(half, echo('/synod/batches/1'), 81)])
}

function echo(protocol: string): Weapon {
  const recorder = createRecorder(protocol, recordedMax)
  return {
    protocol,
    onBytes: recorder.onBytes,
    load() {
      recorder.restart()
      return (index): Bytes => recorder.frames[index % Math.max(1, recorder.frames.length)] ?? new Uint8Array(0)
    },
  }
}
