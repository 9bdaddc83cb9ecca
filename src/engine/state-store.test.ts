import { describe, expect, it } from 'vitest'
import type { StateChange } from '../application/state.ts'
import { leafHash, pathOf } from '../application/state-tree/node-hash.ts'
import { verifyStateProof } from '../application/state-tree/proof.ts'
import { verifyRange } from '../application/state-tree/range-proof.ts'
import { sha256 } from '../crypto/hash.ts'
import type { Store, StoreOperation } from '../ports/store.ts'
import { type Bytes, compareBytes, fromHex, toHex, utf8 } from '../primitives/bytes.ts'
import { openStateStore } from './state-store.ts'

/** A store in memory that can be told to die after a number of writes. */
interface MemoryStore extends Store {
  readonly entries: Map<string, Bytes>
  writesLeft: number
}

function memoryStore(entries = new Map<string, Bytes>()): MemoryStore {
  const store: MemoryStore = {
    entries,
    writesLeft: Number.POSITIVE_INFINITY,
    get: (key) => entries.get(toHex(key)),
    async range({ from, to, limit, reverse }) {
      const keys = [...entries.keys()].map((key) => fromHex(key) as Bytes)
      const inside = keys.filter((key) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0).sort(compareBytes)
      const ordered = reverse ? inside.reverse() : inside
      return ordered.slice(0, limit).map((key) => [key, entries.get(toHex(key)) as Bytes])
    },
    async write(operations) {
      if (store.writesLeft-- <= 0) throw new Error('the power is gone')
      for (const [key, value] of operations) {
        if (value) entries.set(toHex(key), value.slice())
        else entries.delete(toHex(key))
      }
    },
    close: async () => undefined,
  }
  return store
}

const put = (key: string, value: string): StateChange => [utf8(key), utf8(value)]
const many = (count: number, value: string) =>
  Array.from({ length: count }, (_, index) => put(`key ${index}`, `${value} ${index}`))

describe('state store', () => {
  it('is empty before genesis, and as committed after it, also when opened again', async () => {
    const store = memoryStore()
    const state = await openStateStore(store)
    expect([state.version, toHex(state.root), state.keys]).toEqual([-1, '00'.repeat(32), 0])
    expect(state.reader().get(utf8('a'))).toBeUndefined()
    const genesis = state.prepareGenesis([put('a', '1')])
    await state.commit(genesis, 0)
    expect(toHex(state.root)).toBe(toHex(leafHash(pathOf(utf8('a')), sha256(utf8('1')))))
    for (const opened of [state, await openStateStore(store)]) {
      expect([opened.version, opened.keys]).toEqual([0, 1])
      expect(opened.root).toEqual(genesis.root)
      expect(opened.reader().get(utf8('a'))).toEqual(utf8('1'))
    }
    expect(state.prepareGenesis([put('a', '1')]).root).toEqual(genesis.root)
  })

  it('prepares several candidates of one height and commits any of them', async () => {
    const state = await openStateStore(memoryStore())
    await state.commit(state.prepare(many(100, 'old')), 0)
    const before = state.root
    const left = state.prepare([put('key 1', 'left'), [utf8('key 2'), undefined]])
    const right = state.prepare([put('key 1', 'right')])
    const undone = state.prepare([])
    expect(undone.root).toEqual(before)
    expect(state.reader().get(utf8('key 1'))).toEqual(utf8('old 1'))
    await state.commit(right, 1)
    expect(state.root).toEqual(right.root)
    expect(state.reader().get(utf8('key 1'))).toEqual(utf8('right'))
    expect(state.reader().get(utf8('key 2'))).toEqual(utf8('old 2'))
    await expect(state.commit(left, 2)).rejects.toThrow('prepared state is committed on the version')
  })

  it('writes what goes with a version in the same breath', async () => {
    const store = memoryStore()
    const state = await openStateStore(store)
    const extra: StoreOperation[] = [[utf8('block'), utf8('one')]]
    await state.commit(state.prepare([put('a', '1')]), 0, extra)
    expect(store.get(utf8('block'))).toEqual(utf8('one'))
  })

  it('can be read while a version is being written, however few are kept', async () => {
    const store = memoryStore()
    const state = await openStateStore(store, { versionsKept: 1 })
    await state.commit(state.prepare([put('a', '1')]), 0)
    const { root } = state
    const committing = state.commit(state.prepare([put('a', '2')]), 1)
    expect([state.version, state.root, state.reader().get(utf8('a'))]).toEqual([0, root, utf8('1')])
    await committing
    expect([state.version, state.reader().get(utf8('a'))]).toEqual([1, utf8('2')])
  })

  it('reads and proves recent versions, refuses older ones, and leaves nothing of them on disk', async () => {
    const store = memoryStore()
    const state = await openStateStore(store, { versionsKept: 3 })
    const roots: Bytes[] = []
    for (let version = 0; version < 10; version++) {
      await state.commit(state.prepare([...many(60, `v${version}`), put('large', `${version}`.repeat(500))]), version)
      roots.push(state.root)
      for (let kept = Math.max(0, version - 2); kept <= version; kept++) {
        const value = utf8(`v${kept} 7`)
        expect(state.reader(kept).get(utf8('key 7'))).toEqual(value)
        expect(state.reader(kept).get(utf8('large'))).toEqual(utf8(`${kept}`.repeat(500)))
        expect(verifyStateProof(roots[kept] as Bytes, utf8('key 7'), value, state.prove(utf8('key 7'), kept))).toBe(true)
        expect(verifyStateProof(roots[kept] as Bytes, utf8('none'), undefined, state.prove(utf8('none'), kept))).toBe(true)
      }
    }
    expect(state.oldest).toBe(7)
    expect(() => state.reader(6)).toThrow(expect.objectContaining({ code: 'STATE_VERSION_PRUNED' }))
    expect(() => state.prove(utf8('key 7'), 6)).toThrow(expect.objectContaining({ code: 'STATE_VERSION_PRUNED' }))
    expect(() => state.reader(10)).toThrow(expect.objectContaining({ code: 'STATE_VERSION_PRUNED' }))
    for (let version = 10; version < 13; version++) await state.commit(state.prepare([]), version)
    const fresh = memoryStore()
    const single = await openStateStore(fresh)
    await single.commit(single.prepare([...many(60, 'v9'), put('large', '9'.repeat(500))]), 12)
    expect(single.root).toEqual(state.root)
    expect(pages(store)).toBe(pages(fresh))
  })

  it('drops the surplus when fewer versions are to be kept than before', async () => {
    const store = memoryStore()
    const generous = await openStateStore(store, { versionsKept: 50 })
    for (let version = 0; version < 20; version++) await generous.commit(generous.prepare(many(5, `v${version}`)), version)
    const frugal = await openStateStore(store, { versionsKept: 2 })
    for (let version = 20; version < 30; version++) await frugal.commit(frugal.prepare(many(5, `v${version}`)), version)
    expect(frugal.oldest).toBe(28)
    expect((await openStateStore(store)).oldest).toBe(28)
  })

  it('rolls back to a kept version and goes on from there as if the others had never been', async () => {
    const store = memoryStore()
    const state = await openStateStore(store)
    for (let version = 0; version < 5; version++) await state.commit(state.prepare(many(40, `v${version}`)), version)
    const straight = await openStateStore(memoryStore())
    for (let version = 0; version < 3; version++) await straight.commit(straight.prepare(many(40, `v${version}`)), version)
    await state.rollback(2)
    expect(state.version).toBe(2)
    expect(state.root).toEqual(straight.root)
    for (const opened of [state, await openStateStore(store)]) expect(opened.reader().get(utf8('key 3'))).toEqual(utf8('v2 3'))
    await state.commit(state.prepare([put('key 3', 'other')]), 3)
    expect(state.reader().get(utf8('key 3'))).toEqual(utf8('other'))
    expect(state.reader(1).get(utf8('key 3'))).toEqual(utf8('v1 3'))
    await expect(state.rollback(4)).rejects.toMatchObject({ code: 'STATE_VERSION_PRUNED' })
  })

  it('survives a crash at any write of a commit that needs several', async () => {
    const large = Array.from(
      { length: 6 },
      (_, index): StateChange => [Uint8Array.of(index), new Uint8Array(1 << 20).fill(index)],
    )
    for (let writes = 0; ; writes++) {
      const store = memoryStore()
      const state = await openStateStore(store)
      await state.commit(state.prepare(many(30, 'old')), 0)
      const before = state.root
      store.writesLeft = writes
      const prepared = state.prepare([...large, ...many(30, 'new')])
      const done = await state.commit(prepared, 1, [[utf8('block'), utf8('one')]]).then(
        () => true,
        () => false,
      )
      store.writesLeft = Number.POSITIVE_INFINITY
      const after = await openStateStore(store)
      expect(after.root).toEqual(done ? prepared.root : before)
      expect(store.get(utf8('block'))).toEqual(done ? utf8('one') : undefined)
      await after.commit(after.prepare(many(30, 'newer')), 2)
      expect(after.reader().get(utf8('key 3'))).toEqual(utf8('newer 3'))
      expect(after.reader().get(Uint8Array.of(5))?.length).toBe(done ? 1 << 20 : undefined)
      if (!done) continue
      expect(writes).toBeGreaterThan(1)
      return
    }
  })

  it('is copied by its chunks, each proved by itself', async () => {
    const source = await openStateStore(memoryStore())
    await source.commit(source.prepare([...many(500, 'value'), put('large', 'x'.repeat(3000))]), 0)
    const copy = await openStateStore(memoryStore())
    let from: Bytes | undefined = new Uint8Array(32)
    while (from) {
      const chunk = source.proveRange(from, 4000)
      expect(verifyRange(source.root, chunk)).toBe(true)
      await copy.commit(copy.prepareEntries(chunk.entries), copy.version + 1)
      from = chunk.to
    }
    expect(copy.root).toEqual(source.root)
    expect(copy.version).toBeGreaterThan(3)
  })

  it('says STORE_CORRUPT when a page or a version record is damaged', async () => {
    const store = memoryStore()
    const state = await openStateStore(store)
    await state.commit(state.prepare(many(100, 'v')), 0)
    for (const key of [...store.entries.keys()]) if (key.startsWith('7370')) store.entries.delete(key)
    const opened = await openStateStore(store)
    expect(() => opened.reader().get(utf8('key 1'))).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
    for (const key of [...store.entries.keys()]) if (key.startsWith('7376')) store.entries.set(key, Uint8Array.of(1))
    await expect(openStateStore(store)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })
})

function pages(store: MemoryStore): number {
  return [...store.entries.keys()].filter((key) => key.startsWith('7370')).length
}

describe('pinned versions', () => {
  /** Commits versions up to `last`, each changing some keys of many and adding one. */
  async function grow(state: Awaited<ReturnType<typeof openStateStore>>, last: number): Promise<Map<number, Bytes>> {
    const roots = new Map<number, Bytes>()
    for (let version = state.version + 1; version <= last; version++) {
      const changes = [0, 1, 2].map((offset) => put(`key ${(version * 7 + offset) % 40}`, `v${version}`))
      await state.commit(state.prepare([...changes, put(`only ${version}`, 'x')]), version)
      roots.set(version, state.root)
    }
    return roots
  }

  const pagesOf = ({ entries }: MemoryStore) => [...entries.keys()].filter((key) => key.startsWith('7370')).length
  const listsOf = ({ entries }: MemoryStore) => [...entries.keys()].filter((key) => key.startsWith('7372')).length

  it('stay whole while those after them go, and leave nothing behind when they go too', async () => {
    const store = memoryStore()
    const state = await openStateStore(store, { versionsKept: 3, pinEvery: 10 })
    const roots = await grow(state, 47)
    expect(state.kept()).toEqual([10, 20, 30, 40, 45, 46, 47])
    expect(state.pinned()).toEqual([10, 20, 30, 40])
    for (const version of state.kept()) {
      expect(state.treeAt(version).root).toEqual(roots.get(version))
      expect(state.damagedPage(version)).toBeUndefined()
    }
    await state.unpin(20)
    for (const version of state.kept()) expect(state.damagedPage(version)).toBeUndefined()
    for (const version of [10, 40, 30]) await state.unpin(version)
    expect(state.kept()).toEqual([45, 46, 47])
    const straightStore = memoryStore()
    const straight = await openStateStore(straightStore, { versionsKept: 3 })
    await grow(straight, 47)
    expect(pagesOf(store)).toBe(pagesOf(straightStore))
    expect(listsOf(store)).toBe(listsOf(straightStore))
  })

  it('are let go to the end after a crash at any write of it, and nothing is lost by a rollback before that', async () => {
    for (let writes = 0; writes < 6; writes++) {
      const store = memoryStore()
      const options = { versionsKept: 3, pinEvery: 40 }
      const before = await openStateStore(store, options)
      await grow(before, 79)
      store.writesLeft = writes
      await before.unpin(40).catch(() => undefined)
      store.writesLeft = Number.POSITIVE_INFINITY
      const after = await openStateStore(store, options)
      for (const version of after.kept()) expect(after.damagedPage(version)).toBeUndefined()
      if (writes % 2 === 0) await after.rollback(78)
      await grow(after, 85)
      await after.unpin(40)
      await after.unpin(80)
      for (const version of after.kept()) expect(after.damagedPage(version)).toBeUndefined()
      const straightStore = memoryStore()
      await grow(await openStateStore(straightStore, { versionsKept: 3 }), 85)
      expect(pagesOf(store)).toBe(pagesOf(straightStore))
    }
  })
})
