import { access } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import type { Bytes } from '../../primitives/bytes.ts'
import { onLevel } from './level-error.ts'
import { checkedValue, withChecksum } from './value-checksum.ts'

const entriesAtOnce = 1_000
/** Sorts behind every key of a store. */
const progressKey: Bytes = new Uint8Array(8).fill(0xff)

/**
 * Gives each value of a store of data format 1 its checksum. How far it has come is written with each batch, so that it goes on after a
 * crash where it was. Nothing is done where there is no store.
 */
export async function addChecksums(location: string): Promise<void> {
  const exists = await access(location).then(
    () => true,
    () => false,
  )
  if (!exists) return
  const level = new ClassicLevel<Bytes, Bytes>(location, { keyEncoding: 'view', valueEncoding: 'view', compression: false })
  await onLevel(location, async () => {
    await level.open()
    try {
      await addAll(level)
    } finally {
      await level.close()
    }
  })
}

async function addAll(level: ClassicLevel<Bytes, Bytes>): Promise<void> {
  let after = progressOf(level.getSync(progressKey))
  for (;;) {
    const range = { ...(after && { gt: after }), lt: progressKey, limit: entriesAtOnce }
    const entries = await level.iterator(range).all()
    const last = entries.at(-1)
    if (!last) break
    after = last[0]
    const puts = entries.map(([key, value]) => ({ type: 'put', key, value: withChecksum(key, value) }) as const)
    const progress = { type: 'put', key: progressKey, value: withChecksum(progressKey, after) } as const
    await level.batch([...puts, progress], { sync: true })
  }
  await level.del(progressKey, { sync: true })
}

function progressOf(stored: Bytes | undefined): Bytes | undefined {
  return stored && checkedValue(progressKey, stored)
}
