import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { createSyncWorld, runPlan, type Server, type SyncWorld } from '../../test/engine/sync-world.ts'
import { blockHash, type Header } from '../chain/header.ts'
import type { HeaderRange } from '../chain/header-message.ts'

const length = 45
let world: SyncWorld

beforeAll(async () => {
  world = await createSyncWorld(length)
})

/** Headers changed from a height on, hanging together as they should, under a certificate of nobody. */
function forged({ headers, commit }: HeaderRange): HeaderRange {
  const told: Header[] = []
  for (const header of headers) {
    const before = told.at(-1)
    told.push({ ...header, time: header.time + 1, ...(before && { previousHash: blockHash(before) }) })
  }
  return { headers: told, commit: { ...commit, blockHash: blockHash(told.at(-1)!) } }
}

/** What may stand in an honest peer's place. Those of `liars` are at fault; the others are slow, old or broken, which nobody can help. */
const behaviours: Readonly<Record<string, (honest: Server, at: number) => Server>> = {
  honest: (honest) => honest,
  old: (_, at) => world.honest(at),
  mute: (honest) => ({ ...honest, headers: () => undefined, blocks: () => ({ blocks: [], ends: false }) }),
  boasting: (honest) => ({ ...honest, height: length * 1000 }),
  stalling: (honest, at) => ({
    ...honest,
    blocks: (from, count) => ({
      blocks: honest.blocks(from, count).blocks.filter(({ header }) => header.height < from + (at % count)),
      ends: false,
    }),
  }),
  short: (honest) => ({
    ...honest,
    blocks: (from, count) => ({ blocks: honest.blocks(from, count).blocks.slice(1), ends: true }),
  }),
  forging: (honest) => ({ ...honest, headers: (from, count) => forged(honest.headers(from, count)!) }),
  shuffling: (honest) => ({
    ...honest,
    headers(from, count) {
      const { headers, commit } = honest.headers(from, count)!
      return { headers: [...headers].reverse(), commit }
    },
  }),
  emptying: (honest) => ({
    ...honest,
    blocks: (from, count) => ({
      blocks: honest.blocks(from, count).blocks.map((block) => ({ ...block, lastCommit: undefined })),
      ends: true,
    }),
  }),
}
const mayBeBlamed = new Set(['short', 'forging', 'shuffling', 'emptying'])

const peer = fc.record({
  kind: fc.constantFrom(...Object.keys(behaviours)),
  latencyMs: fc.integer({ min: 1, max: 300 }),
  at: fc.integer({ min: 1, max: length }),
})

it('with one honest peer among any others all blocks are taken, and nobody is blamed for what is no fault', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(peer, { maxLength: 5 }), fc.integer({ min: 1, max: 300 }), async (others, latencyMs) => {
      const servers: Record<string, Server> = { good: { ...world.honest(), latencyMs } }
      for (const [index, { kind, at, latencyMs: late }] of others.entries())
        servers[`${index} ${kind}`] = { ...behaviours[kind]!(world.honest(), at), latencyMs: late }
      let outcome = await runPlan(world, servers)
      // A plan may give up while the honest peer is doubted for what another held up; the next one begins where it ended.
      for (let time = 0; outcome.height < length && time < 3; time++) outcome = await runPlan(world, servers)
      expect(outcome.height).toBe(length)
      expect(outcome.forks).toEqual([])
      expect(outcome.divided).toEqual([])
      for (const [name] of outcome.blamed) expect(mayBeBlamed).toContain(name.split(' ')[1])
    }),
    { numRuns: 60 },
  )
})
