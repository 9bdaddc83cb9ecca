import { describe, expect, it } from 'vitest'
import type { Store, StoreOperation } from '../ports/store.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import { createWriteBehind } from './write-behind.ts'

const key = (name: number): Bytes => Uint8Array.of(name)
const put = (name: number, value: number, size = 1): StoreOperation => [key(name), new Uint8Array(size).fill(value)]

/** A disk that writes when it is told to. */
function slowDisk() {
  const entries = new Map<string, Bytes>()
  const writes: { readonly keys: number[]; readonly durable: boolean; readonly finish: (error?: Error) => void }[] = []
  const store: Store = {
    get: (name) => entries.get(bytesKey(name)),
    range: async () => [],
    write: (operations, { durable }) =>
      new Promise((resolve, reject) => {
        const finish = (error?: Error) => {
          if (error) return reject(error)
          for (const [name, value] of operations) {
            if (value) entries.set(bytesKey(name), value)
            else entries.delete(bytesKey(name))
          }
          resolve()
        }
        writes.push({ keys: operations.map(([name]) => name[0] ?? 0), durable, finish })
      }),
    close: async () => undefined,
  }
  return { store, writes, entries }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('writes that are held back', () => {
  it('are read as if they were on disk, and go there in one durable write', async () => {
    const { store, writes, entries } = slowDisk()
    const held = createWriteBehind(store)
    held.hold()
    await held.write([put(1, 1), put(2, 2)], { durable: true })
    await held.write([put(1, 3), [key(2), undefined]], { durable: true })
    expect(held.get(key(1))).toEqual(Uint8Array.of(3))
    expect(held.get(key(2))).toBeUndefined()
    expect(writes).toEqual([])
    const released = held.release()
    await settled()
    expect(writes).toMatchObject([{ keys: [1, 2], durable: true }])
    expect(held.get(key(1))).toEqual(Uint8Array.of(3))
    writes[0]!.finish()
    await released
    expect([...entries.values()]).toEqual([Uint8Array.of(3)])
  })

  it('are told of when they are on disk, and not before', async () => {
    const { store, writes } = slowDisk()
    const held = createWriteBehind(store)
    const told: string[] = []
    held.whenDurable(() => told.push('nothing'))
    held.hold()
    await held.write([put(1, 1)], { durable: true })
    held.whenDurable(() => told.push('first'))
    expect(told).toEqual(['nothing'])
    const released = held.release()
    await settled()
    expect(told).toEqual(['nothing'])
    writes[0]!.finish()
    await released
    expect(told).toEqual(['nothing', 'first'])
  })

  it('go to disk by themselves when they are many, in order, and make writers wait for a slow one', async () => {
    const { store, writes } = slowDisk()
    const held = createWriteBehind(store)
    held.hold()
    await held.write([put(1, 1, 5 << 20)], { durable: true })
    await settled()
    expect(writes).toHaveLength(1)
    let second = false
    held.write([put(2, 2, 5 << 20)], { durable: true }).then(() => {
      second = true
    })
    await settled()
    expect(second).toBe(false)
    expect(held.get(key(2))).toHaveLength(5 << 20)
    writes[0]!.finish()
    await settled()
    expect(second).toBe(true)
    expect(writes.map(({ keys }) => keys)).toEqual([[1], [2]])
  })

  it('fail the next writer when the disk fails', async () => {
    const { store, writes } = slowDisk()
    const held = createWriteBehind(store)
    held.hold()
    await held.write([put(1, 1, 5 << 20)], { durable: true })
    await settled()
    writes[0]!.finish(new Error('the disk is full'))
    await settled()
    await expect(held.release()).rejects.toThrow('the disk is full')
    await expect(held.write([put(2, 2)], { durable: true })).rejects.toThrow('the disk is full')
  })

  it('are none otherwise: a write is on disk when it resolves', async () => {
    const { store, writes, entries } = slowDisk()
    const plain = createWriteBehind(store)
    const written = plain.write([put(1, 1)], { durable: true })
    await settled()
    writes[0]!.finish()
    await written
    expect(entries.size).toBe(1)
  })
})
