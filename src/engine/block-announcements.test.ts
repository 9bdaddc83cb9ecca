import { describe, expect, it } from 'vitest'
import { createTestChain, type TestChain } from '../../test/engine/test-chain.ts'
import { announcementSchema } from '../chain/block-message.ts'
import type { Commit } from '../chain/certificate.ts'
import { blockHash } from '../chain/header.ts'
import { encode } from '../codec/codec.ts'
import { sha256 } from '../crypto/hash.ts'
import { offenceBehind } from '../peers/rejection-offences.ts'
import { rejections } from '../primitives/error-catalogue.ts'
import { createBlockAnnouncements } from './block-announcements.ts'
import type { PeerJudge } from './peer-judge.ts'
import type { Ports } from './ports.ts'
import type { Usefulness } from './usefulness.ts'

/** A node of its own on the common chain, of which it has taken so many blocks. */
async function nodeAt(height: number) {
  const test = await createTestChain()
  const { chain, verifier, nextBlock } = test
  const commits: Commit[] = []
  for (let next = 1; next <= height; next++) {
    const { block, commit, executed } = nextBlock()
    await chain.commit(block, commit, executed)
    commits.push(commit)
  }
  const offences: string[] = []
  const judge: Pick<PeerJudge, 'refuse'> = {
    refuse(_peer, { code }) {
      const { verdict } = rejections[code]
      if (offenceBehind(code, verdict)) offences.push(code)
      return verdict
    },
  }
  const clock = { monotonic: () => 0, schedule: (_ms: number, callback: () => void) => void setImmediate(callback) }
  const announcements = createBlockAnnouncements({
    ports: { clock, verifier, network: { broadcast: () => undefined } } as unknown as Ports,
    chain,
    usefulness: { count: () => undefined } as unknown as Usefulness,
    judge: judge as PeerJudge,
    proposer: () => undefined,
    compare: async () => 'none',
    onPeerHeight: () => undefined,
  })
  const hear = (commit: Commit) => announcements.onGossip('peer', encode(announcementSchema, { commit }))
  return { ...test, hear, offences, commits }
}

const otherSigners = ({ chain, commitOf }: TestChain) => commitOf(chain.tip().hash, chain.tip().height, [1, 2, 3])

describe('an announcement of the block this node has', () => {
  it('is passed on when it is its own commit, or another one that holds', async () => {
    const node = await nodeAt(2)
    expect(await node.hear(node.commits[1]!)).toBe('accept')
    expect(await node.hear(otherSigners(node))).toBe('accept')
    expect(node.offences).toEqual([])
  })

  it('is not passed on when it is of another block, or of an earlier one', async () => {
    const node = await nodeAt(2)
    expect(await node.hear(node.commitOf(sha256(Uint8Array.of(1)), 2))).toBe('ignore')
    expect(await node.hear(node.commits[0]!)).toBe('ignore')
  })
})

describe('what is passed on', () => {
  const spoiled: Record<string, (honest: Commit, test: TestChain) => Commit> = {
    'its own': (honest) => honest,
    'other signers': (_, test) => otherSigners(test),
    'a signature of something else': (honest, { commitOf, chainId }) => ({
      ...honest,
      signature: commitOf(chainId, 2).signature,
    }),
    'signers that did not sign': (honest, test) => ({ ...honest, signers: otherSigners(test).signers }),
    'too few signers': (_, { chain, commitOf }) => commitOf(chain.tip().hash, 2, [0, 1]),
    'signers of nobody': (honest) => ({ ...honest, signers: Uint8Array.of(0xff, 0xff) }),
    'another round': (honest) => ({ ...honest, round: 1 }),
  }

  it.each(Object.entries(spoiled))('holds for a node one height behind: %s', async (_, spoil) => {
    const ahead = await nodeAt(2)
    const behind = await nodeAt(1)
    expect(blockHash(behind.nextBlock().block.header)).toEqual(ahead.chain.tip().hash)
    const commit = spoil(ahead.commits[1]!, ahead)
    if ((await ahead.hear(commit)) !== 'accept') return
    expect(await behind.hear(commit)).toBe('accept')
    expect(behind.offences).toEqual([])
  })

  it('is no forgery of the genesis', async () => {
    const node = await nodeAt(0)
    expect(await node.hear(node.commitOf(node.chainId, 0, [0]))).toBe('reject')
  })
})
