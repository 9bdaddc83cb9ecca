import { describe, expect, it } from 'vitest'
import type { StateChange } from '../application/state.ts'
import { verifyOutline } from '../application/state-tree/outline.ts'
import type { Hash } from '../crypto/hash.ts'
import type { PeerId } from '../ports/network.ts'
import type { Store } from '../ports/store.ts'
import { bytesEqual, utf8 } from '../primitives/bytes.ts'
import { ok, reject } from '../primitives/result.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createSimulatedStoreContent } from '../simulator/simulated-store.ts'
import { chunkBounds, depthFor } from '../sync/path-division.ts'
import { fetchChunks } from './chunk-fetcher.ts'
import { checkRange, type SnapshotClient } from './snapshot-client.ts'
import { beginImport, dropImport, resumeImport } from './state-import.ts'
import { openStateStore, type StateStore } from './state-store.ts'

const keys = 10_000

const memory = (): Store => createSimulatedStoreContent().open({ io: async () => undefined })

async function source(): Promise<StateStore> {
  const state = await openStateStore(memory(), { versionsKept: 10 })
  const put = (index: number, value: string): StateChange => [utf8(`key ${index}`), utf8(value)]
  await state.commit(state.prepare(Array.from({ length: keys }, (_, index) => put(index, `value ${index}`))), 1)
  await state.commit(state.prepare(Array.from({ length: 5 }, (_, index) => put(index * 7, 'changed'))), 2)
  return state
}

/** What becomes of an answer of each peer. */
type Conduct = 'honest' | 'liar' | 'silent' | 'empty' | 'cut'

/** A client whose peers all have the state, and of which some do not behave. */
function clientOf(state: StateStore, conduct: (peer: PeerId) => Conduct, asked: PeerId[]): Pick<SnapshotClient, 'range'> {
  return {
    async range(peer, request) {
      asked.push(peer)
      const kind = conduct(peer)
      if (kind === 'silent') throw new Error('the peer did not answer')
      if (kind === 'empty') return ok(undefined)
      const range = state.proveRange(request.from, 20_000, request.height, request.until)
      if (kind === 'cut') return checkRange({ ...range, entries: range.entries.slice(1) }, request)
      if (kind === 'honest') return checkRange(range, request)
      return checkRange({ ...range, entries: range.entries.map((entry) => ({ ...entry, value: utf8('mine') })) }, request)
    },
  }
}

async function fetchFrom(state: StateStore, store: Store, conduct: (peer: PeerId) => Conduct, peers: readonly PeerId[]) {
  const scheduler = createScheduler(0)
  const clock = createSimulatedClock(scheduler, () => 0)
  const asked: PeerId[] = []
  const barred = new Map<PeerId, number>()
  const target = resumeImport(store) ?? beginImport(store, { height: 2, root: state.root, depth: depthFor(state.keys) }, 0)
  const done = fetchChunks({
    clock,
    client: clientOf(state, conduct, asked) as SnapshotClient,
    backoff: { mayAsk: () => true, failed: () => false },
    target,
    sources: () => peers.filter((peer) => (barred.get(peer) ?? 0) < 3),
    look: async () => undefined,
    onRejection: (peer) => void barred.set(peer, 3),
    onFailure: (peer) => void barred.set(peer, (barred.get(peer) ?? 0) + 1),
    onChunk: (peer) => void barred.delete(peer),
    onProgress: () => undefined,
    isStopped: () => false,
  })
  let ended = false
  const outcome = done.finally(() => {
    ended = true
  })
  outcome.catch(() => undefined)
  await scheduler.run(60_000, () => ended)
  return { complete: await outcome, target, asked, barred }
}

describe('chunks of a snapshot', () => {
  it('come from a peer that fails now and then, as long as it brings chunks in between', async () => {
    const state = await source()
    let questions = 0
    const conduct = (): Conduct => (++questions % 5 === 0 ? 'silent' : 'honest')
    const { complete, asked } = await fetchFrom(state, memory(), conduct, ['a'])
    expect(complete).toBe(true)
    expect(asked.length).toBeGreaterThan(20)
  })

  it('come from all who have them, and make the state whose root is trusted', async () => {
    const state = await source()
    const store = memory()
    const { complete, target, asked } = await fetchFrom(state, store, () => 'honest', ['a', 'b', 'c'])
    expect(complete).toBe(true)
    expect(target.fetched().tree.root).toEqual(state.root)
    expect(target.fetched().tree.leaves).toBe(keys)
    expect(new Set(asked).size).toBe(3)
  })

  it('come from others where a peer lies, withholds, cuts out or says nothing; the liars are named', async () => {
    const state = await source()
    const conduct = (peer: PeerId): Conduct =>
      (({ a: 'liar', b: 'silent', c: 'empty', d: 'cut' }) as Record<PeerId, Conduct>)[peer] ?? 'honest'
    const { complete, target, barred } = await fetchFrom(state, memory(), conduct, ['a', 'b', 'c', 'd', 'e'])
    expect(complete).toBe(true)
    expect(target.fetched().tree.root).toEqual(state.root)
    expect(barred.get('a')).toBe(3)
    expect(barred.get('d')).toBe(3)
    expect(barred.has('e')).toBe(false)
  })

  it('are given up when nobody has them, and go on later from where they were', async () => {
    const state = await source()
    const store = memory()
    let answers = 0
    const first = await fetchFrom(state, store, () => (answers++ < 9 ? 'honest' : 'empty'), ['a', 'b'])
    expect(first.complete).toBe(false)
    const already = resumeImport(store)!.done
    expect(already).toBeGreaterThan(2)
    const second = await fetchFrom(state, store, () => 'honest', ['a'])
    expect(second.complete).toBe(true)
    expect(second.target.fetched().tree.root).toEqual(state.root)
    await dropImport(store)
    expect(await store.range({ from: utf8('s'), to: utf8('t'), limit: 10 })).toEqual([])
  })

  it('must begin where they were asked to, and lead on', async () => {
    const state = await source()
    const { from, until } = chunkBounds(4, 3)
    const asked = { height: 2, root: state.root as Hash, from, until }
    expect(checkRange(state.proveRange(from, 1000, 2, until), asked).ok).toBe(true)
    const elsewhere = state.proveRange(chunkBounds(4, 2).from, 1000, 2)
    expect(checkRange(elsewhere, asked)).toEqual(reject('SNAPSHOT_FALSE', 'another range of height 2'))
    expect(checkRange(state.proveRange(from, 1e9, 2), asked).ok).toBe(false)
  })
})

describe('an outline', () => {
  it('shows in which chunks two states differ, and is proved by the root', async () => {
    const state = await source()
    for (const depth of [0, 4, 8, 12]) {
      const old = state.outline(depth, 1)
      const young = state.outline(depth, 2)
      expect(verifyOutline(state.treeAt(1).root, old)).toBe(true)
      expect(verifyOutline(state.root, young)).toBe(true)
      expect(verifyOutline(state.root, old)).toBe(false)
      const bent = young.slots.map((slot, index) => (index === 0 ? ({ type: 'empty' } as const) : slot))
      expect(verifyOutline(state.root, { depth, slots: bent })).toBe(depth === 12 && young.slots[0]?.type === 'empty')
      const differ = young.slots.filter((slot, index) => JSON.stringify(slot) !== JSON.stringify(old.slots[index])).length
      expect(differ).toBeGreaterThan(0)
      expect(differ).toBeLessThanOrEqual(5)
    }
    expect(bytesEqual(state.treeAt(1).root, state.root)).toBe(false)
  })

  it('holds for every small state', async () => {
    const state = await openStateStore(memory(), { versionsKept: 100 })
    for (let version = 1; version <= 60; version++) {
      await state.commit(state.prepare([[utf8(`key ${version}`), utf8('x')]]), version)
      for (const depth of [0, 4, 8]) expect(verifyOutline(state.root, state.outline(depth))).toBe(true)
    }
  })
})
