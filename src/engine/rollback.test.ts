import { describe, expect, it } from 'vitest'
import { createTestChain } from '../../test/engine/test-chain.ts'
import { transactionId } from '../chain/block.ts'
import { genesisOf } from '../chain/genesis.ts'
import type { Store } from '../ports/store.ts'
import { utf8 } from '../primitives/bytes.ts'
import { openBlockStore } from './block-store.ts'
import { openChain } from './chain.ts'
import { inspect } from './inspection.ts'
import { readLastSigned, writeLastSigned } from './last-signed.ts'
import { replay } from './replay.ts'
import { readRollbackPlan, readRollbacks, rollBack } from './rollback.ts'

/** A chain of that many blocks with a transfer each, its node down. */
async function chainOf(blocks: number) {
  const world = await createTestChain()
  const { chain, mounted, nextBlock, transfer, spec, chainId, application } = world
  const roots = [chain.state.root]
  const ids: Uint8Array[] = []
  for (let height = 1; height <= blocks; height++) {
    const encoded = transfer()
    ids.push(transactionId(encoded))
    const { block, commit, executed } = nextBlock([encoded])
    await chain.commit(block, commit, executed)
    roots.push(chain.state.root)
  }
  const store = await mounted.openStore('chain')
  const reopened = () => openChain({ store, spec, chainId, application, genesis: genesisOf(spec), stateVersionsKept: 10 })
  return { ...world, disk: mounted, store, roots, ids, reopened }
}

const leafPageTag = 1
const signed = { height: 12, round: 3, step: 2, signBytes: new Uint8Array(32), signature: new Uint8Array(96) }

describe('rollback', () => {
  it('takes the newest blocks and states back, and leaves the last-signed record', async () => {
    const { disk, store, roots, ids, reopened } = await chainOf(12)
    await writeLastSigned(disk, signed)
    const limits = { store, height: 7, blocksMax: 100 }
    expect(await readRollbackPlan(limits)).toEqual({ from: 12 })
    await rollBack({ disk, ...limits, now: 5 })
    const chain = await reopened()
    expect(chain.tip()).toMatchObject({ height: 7 })
    expect(chain.state.root).toEqual(roots[7])
    expect(chain.blocks.read(8)).toBeUndefined()
    expect(chain.blocks.locate(ids[7]!)).toBeUndefined()
    expect(chain.blocks.locate(ids[6]!)).toEqual({ height: 7, index: 0 })
    expect(await readLastSigned(disk)).toEqual(signed)
    expect(await readRollbacks(disk)).toMatchObject([{ at: 5, from: 12, to: 7, toRoot: roots[7] }])
  })

  it('refuses what is past the limit, what is not kept and what is no step back, and changes nothing', async () => {
    const { disk, store, roots, reopened } = await chainOf(20)
    for (const [height, blocksMax] of [
      [15, 4],
      [5, 100],
      [20, 100],
      [25, 100],
    ] as const) {
      const refused = rollBack({ disk, store, height, blocksMax, now: 0 })
      await expect(refused).rejects.toMatchObject({ code: 'ROLLBACK_REFUSED' })
    }
    expect((await reopened()).state.root).toEqual(roots[20])
    expect(await readRollbacks(disk)).toEqual([])
  })

  it('ends when the node starts, where it was interrupted anywhere', async () => {
    const whole = await chainOf(12)
    let writes = 0
    const counted: Store = {
      ...whole.store,
      write(...given) {
        writes++
        return whole.store.write(...given)
      },
    }
    await rollBack({ disk: whole.disk, store: counted, height: 5, blocksMax: 100, now: 0 })
    expect(writes).toBeGreaterThan(1)
    for (let survived = 0; survived < writes; survived++) {
      const { disk, store, roots, reopened } = await chainOf(12)
      let left = survived
      const dying: Store = {
        ...store,
        async write(...given) {
          if (left-- <= 0) throw new Error('the power is gone')
          await store.write(...given)
        },
      }
      await expect(rollBack({ disk, store: dying, height: 5, blocksMax: 100, now: 0 })).rejects.toThrow('power')
      const chain = await reopened()
      const { height } = chain.tip()
      expect([5, 12]).toContain(height)
      expect(chain.state.root).toEqual(roots[height])
      expect(await openBlockStore(store).newest()).toBe(height)
    }
  })
})

describe('replay', () => {
  it('finds every state as promised, from a kept one and from the genesis', async () => {
    const { store, disk, spec, application } = await chainOf(15)
    const stores = { source: store, empty: await disk.openStore('empty') }
    const copy = (await chainOf(15)).store
    expect(await replay({ spec, application, ...stores, copy, from: 0 })).toEqual({ from: 0, to: 15, transactions: 15 })
    expect(await replay({ spec, application, ...stores, copy })).toEqual({ from: 6, to: 15, transactions: 9 })
    const early = replay({ spec, application, ...stores, copy, from: 3 })
    await expect(early).rejects.toMatchObject({ code: 'REPLAY_IMPOSSIBLE' })
  })

  it('names the height at which an application computes something else', async () => {
    const { store, disk, spec, application } = await chainOf(9)
    const other: typeof application = {
      ...application,
      executeBlock(request, state) {
        if (request.height === 6) state.set(utf8('bonus'), utf8('1'))
        return application.executeBlock(request, state)
      },
    }
    const empty = await disk.openStore('empty')
    const replayed = replay({ spec, application: other, source: store, copy: store, empty, from: 0 })
    await expect(replayed).rejects.toMatchObject({ code: 'REPLAY_DIFFERS', message: expect.stringContaining('Height 6 ') })
  })
})

describe('inspection', () => {
  it('tells what is on disk, and finds nothing wrong with it', async () => {
    const { disk, roots } = await chainOf(12)
    await writeLastSigned(disk, signed)
    const found = await inspect(disk, { everything: true })
    expect(found.faults).toEqual([])
    expect(found.chain).toMatchObject({ height: 12, oldestBlock: 1, newestBlock: 12, stateRoot: roots[12] })
    expect(found.chain?.stateVersions).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(found.lastSigned).toMatchObject({ height: 12, round: 3 })
  })

  it('names a page of the state, a block and a record that are damaged, each beside the others', async () => {
    const { disk, store } = await chainOf(12)
    const pages = await store.range({ from: utf8('sp'), to: utf8('sq'), limit: 100, reverse: true })
    const [page, content] = pages.find(([, bytes]) => bytes[0] === leafPageTag)!
    const bent = content.slice()
    bent[bent.length - 1]! ^= 1
    const [block] = (await store.range({ from: utf8('b'), to: utf8('c'), limit: 1 })).map(([key]) => key)
    await store.write(
      [
        [page, bent],
        [block!, utf8('no block')],
      ],
      { durable: true },
    )
    await disk.writeSmall('last-signed', utf8('nothing that was written'))
    await disk.writeSmall('address-book', utf8('no book'))
    const { faults } = await inspect(disk, { everything: true })
    expect(faults.map(({ file, code }) => `${file} ${code}`)).toEqual([
      'chain STORE_CORRUPT',
      'chain STORE_CORRUPT',
      'last-signed LAST_SIGNED_CORRUPT',
      'address-book STORE_CORRUPT',
    ])
  })
})

describe('pruning', () => {
  it('keeps as many blocks as it is told, forgets their transactions, and catches up when told to keep fewer', async () => {
    const { store, ids, spec, chainId, application, nextBlock } = await chainOf(9)
    const blocks = openBlockStore(store, { retained: 5 })
    expect(blocks.oldest).toBe(1)
    const genesis = genesisOf(spec)
    const open = () => openChain({ store, spec, chainId, application, genesis, stateVersionsKept: 3, blocksRetained: 5 })
    const chain = await open()
    const { block, commit, executed } = nextBlock()
    await chain.commit(block, commit, executed)
    expect(chain.blocks.oldest).toBe(5)
    expect([4, 5, 6].map((height) => chain.blocks.read(height)?.block.header.height)).toEqual([undefined, 5, 6])
    expect(chain.blocks.locate(ids[3]!)).toBeUndefined()
    expect((await open()).blocks.oldest).toBe(5)
  })
})
