import { beforeAll, describe, expect, it } from 'vitest'
import { createSyncWorld, honestServer, runPlan, type Server, type SyncWorld } from '../../test/engine/sync-world.ts'
import type { Block } from '../chain/block.ts'
import { blockHash, type Header } from '../chain/header.ts'
import type { HeaderRange } from '../chain/header-message.ts'
import type { Hash } from '../crypto/hash.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'

const length = 70
let world: SyncWorld

beforeAll(async () => {
  world = await createSyncWorld(length)
})

/** The same headers, one detail changed from a height on, hanging together as they should. */
function altered(headers: readonly Header[], from: number): readonly Header[] {
  const told: Header[] = []
  for (const header of headers) {
    const before = told.at(-1)
    const time = header.height >= from ? header.time + 1 : header.time
    told.push({ ...header, time, ...(before && { previousHash: blockHash(before) }) })
  }
  return told
}

const forged = ({ headers, commit }: HeaderRange, from: number): HeaderRange => {
  const told = altered(headers, from)
  return { headers: told, commit: { ...commit, blockHash: blockHash(told.at(-1)!) } }
}

const lying = (honest: Server, lie: (range: HeaderRange) => HeaderRange | undefined): Server => ({
  ...honest,
  latencyMs: 1,
  headers: (from, count) => {
    const range = honest.headers(from, count)
    return range && lie(range)
  },
})

describe('block sync by plan', () => {
  it('takes all blocks from one peer, and each once from several at the same time', async () => {
    const alone = await runPlan(world, { a: world.honest() })
    expect(alone).toMatchObject({ height: length, blamed: [], doubted: [] })
    const shared = await runPlan(world, { a: world.honest(), b: world.honest(), c: world.honest() })
    expect(shared).toMatchObject({ height: length, blamed: [], doubted: [] })
    const bodies = shared.asked.filter(({ kind }) => kind === 'blocks')
    expect(new Set(bodies.map(({ peer }) => peer)).size).toBe(3)
    expect(bodies.reduce((sum, { count }) => sum + count, 0)).toBe(length)
  })

  it('asks three peers about each range: one tells it, two say how it ends', async () => {
    const { asked } = await runPlan(world, Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [id, world.honest()])))
    const headers = asked.filter(({ kind }) => kind === 'headers')
    expect(headers.map(({ from, count }) => [from, count])).toEqual([
      [1, length],
      [length, 1],
      [length, 1],
    ])
  })

  it.each<[string, RejectionCode, (range: HeaderRange) => HeaderRange]>([
    ['another history under a certificate of the true one', 'SIGNATURE_INVALID', (range) => forged(range, 1)],
    [
      'headers that do not hang together',
      'SYNC_WRONG_HEADERS',
      ({ headers, commit }) => ({ headers: [...headers].reverse(), commit }),
    ],
    [
      'the certificate of another block',
      'SYNC_WRONG_COMMIT',
      ({ headers, commit }) => ({ headers, commit: { ...commit, height: commit.height + 1 } }),
    ],
    [
      'a certificate that too few signed',
      'CERTIFICATE_NO_QUORUM',
      (range) => ({ ...range, commit: { ...range.commit, signers: Uint8Array.of(1) } }),
    ],
  ])('exposes a peer that tells %s, and takes the truth from others', async (_, code, lie) => {
    const liar = lying(world.honest(), lie)
    const outcome = await runPlan(world, { liar, a: world.honest(), b: world.honest() })
    expect(outcome.height).toBe(length)
    expect(outcome.blamed).toContainEqual(['liar', code])
    expect(outcome.blamed.every(([peer]) => peer === 'liar')).toBe(true)
  })

  it('exposes a witness that lies, too', async () => {
    const liar = { ...lying(world.honest(), (range) => forged(range, 1)), latencyMs: 9 }
    const outcome = await runPlan(world, { liar, a: world.honest(), b: world.honest() })
    expect(outcome).toMatchObject({ height: length, blamed: [['liar', 'SIGNATURE_INVALID']] })
  })

  it('takes nothing from a liar that is alone', async () => {
    const outcome = await runPlan(world, { liar: lying(world.honest(), (range) => forged(range, 1)) })
    expect(outcome).toMatchObject({ height: 0, blamed: [['liar', 'SIGNATURE_INVALID']] })
  })

  it('is not held up by a peer that boasts of blocks it has not', async () => {
    const boaster: Server = {
      height: 1_000_000,
      latencyMs: 1,
      headers: () => undefined,
      blocks: () => ({ blocks: [], ends: false }),
    }
    const outcome = await runPlan(world, { boaster, a: world.honest(), b: world.honest(), c: world.honest() })
    expect(outcome).toMatchObject({ height: length, blamed: [] })
    expect(outcome.doubted).toContain('boaster')
  })

  it('gives the blocks of a peer that falls silent before the last one to others', async () => {
    const honest = world.honest()
    const silent: Server = {
      ...honest,
      latencyMs: 1,
      blocks: (from, count) => ({ blocks: honest.blocks(from, count).blocks.slice(0, count - 1), ends: false }),
    }
    const outcome = await runPlan(world, { silent, a: world.honest() })
    expect(outcome).toMatchObject({ height: length, blamed: [] })
    expect(outcome.doubted).toContain('silent')
    expect(outcome.ms).toBeLessThan(8000)
  })

  it.each<[string, RejectionCode, (block: Block) => Block]>([
    ['another block', 'SYNC_WRONG_BLOCK', (block) => ({ ...block, header: { ...block.header, time: 1 } })],
    ['a block without its commit', 'BLOCK_WRONG_COMMIT', (block) => ({ ...block, lastCommit: undefined })],
    ['added transactions', 'BLOCK_WRONG_TRANSACTIONS', (block) => ({ ...block, transactions: [Uint8Array.of(1)] })],
  ])('exposes a peer that sends %s', async (_, code, spoil) => {
    const honest = world.honest()
    const blocks: Server['blocks'] = (from, count) => ({ blocks: honest.blocks(from, count).blocks.map(spoil), ends: true })
    const outcome = await runPlan(world, { liar: { ...honest, latencyMs: 1, blocks }, a: world.honest() })
    expect(outcome.height).toBe(length)
    expect(outcome.blamed).toContainEqual(['liar', code])
  })

  it('asks a peer that does not deliver at most three times for the same, and gives up when it is alone', async () => {
    const honest = world.honest()
    const broken: Server = { ...honest, blocks: () => ({ blocks: [], ends: true }) }
    const { height, asked } = await runPlan(world, { broken })
    expect(height).toBe(0)
    expect(asked.filter(({ kind, from }) => kind === 'blocks' && from === 1).length).toBeLessThanOrEqual(3)
  })

  it('goes as far as an old peer can take it', async () => {
    expect(await runPlan(world, { old: world.honest(20) })).toMatchObject({ height: 20, blamed: [], doubted: [] })
  })

  it('stops at two certificates for different blocks of one height, and hands both over', async () => {
    const last = world.served.at(-1)!
    const header = { ...last.block.header, time: last.block.header.time + 1 }
    const commit = world.commitOf(blockHash(header), length)
    const twin = honestServer([...world.served.slice(0, -1), { block: { ...last.block, header }, commit }])
    const { forks, height } = await runPlan(world, { a: world.honest(), twin: { ...twin, latencyMs: 9 } })
    expect(height).toBe(0)
    expect(forks).toHaveLength(1)
    expect(forks[0]!.blocks.map((each) => each.commit)).toEqual([last.commit, commit])
  })

  it('takes the block on which the operators have settled, and no history with another, however certified', async () => {
    const last = world.served.at(-1)!
    const header = { ...last.block.header, time: last.block.header.time + 1 }
    const hash = blockHash(header)
    const twin = honestServer([
      ...world.served.slice(0, -1),
      { block: { ...last.block, header }, commit: world.commitOf(hash, length) },
    ])
    const servers = { a: { ...world.honest(), latencyMs: 1 }, twin: { ...twin, latencyMs: 9 } }
    const settledOn = (chosen: Hash) => runPlan(world, servers, 20_000, { height: length, hash: chosen })
    const own = await settledOn(last.commit.blockHash)
    expect(own).toMatchObject({ height: length, forks: [] })
    const other = await settledOn(hash)
    expect(other).toMatchObject({ height: length, forks: [] })
    expect(other.blamed).toEqual([['a', 'FORK_NOT_CHOSEN']])
    const none = await runPlan(world, { a: world.honest() }, 5_000, { height: 1, hash })
    expect(none.height).toBe(0)
    expect(new Set(none.blamed.map(([, code]) => code))).toEqual(new Set(['FORK_NOT_CHOSEN']))
  })

  it('tells of a peer whose certified chain does not build on this node’s', async () => {
    const first = world.served[0]!
    const header = { ...first.block.header, previousHash: new Uint8Array(32) }
    const commit = world.commitOf(blockHash(header), 1)
    const other = honestServer([{ block: { ...first.block, header }, commit }])
    const { divided, blamed } = await runPlan(world, { other })
    expect(divided).toEqual(['other'])
    expect(blamed).toEqual([])
  })
})
