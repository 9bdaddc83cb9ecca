/**
 * The proposals and blocks of one height. The first proposal of each round is the round's; a block with a quorum behind it is
 * taken from any proposal, so that a proposer who sent different blocks to different nodes cannot keep any of them from deciding.
 * Bounded: one proposal a round, in rounds up to the look-ahead, and the blocks that have a quorum.
 */
import type { ProposedBlock } from '../../chain/block.ts'
import type { SignedProposal } from '../../chain/proposal.ts'
import type { Hash } from '../../crypto/hash.ts'
import { toHex } from '../../primitives/bytes.ts'

export type Verdict = 'unasked' | 'asked' | 'valid' | 'invalid'

export interface KnownBlock {
  readonly hash: Hash
  readonly block: ProposedBlock
  /** A proposal that carries the block, to pass on. */
  readonly proposal: SignedProposal
  readonly verdict: Verdict
}

export interface ReceivedProposal {
  readonly signed: SignedProposal
  /** When it came: a fresh block's time is compared with this. */
  readonly receivedAt: number
}

export interface BlockBook {
  proposal(round: number): ReceivedProposal | undefined
  block(hash: Hash): KnownBlock | undefined
  blocks(): Iterable<KnownBlock>
  /** Keeps the round's first proposal; keeps the block of another only when `wanted`. False: nothing new. */
  add(signed: SignedProposal, receivedAt: number, wanted: boolean): boolean
  /** False: no such block, or its verdict is known. */
  setVerdict(hash: Hash, verdict: 'asked' | 'valid' | 'invalid'): boolean
}

export function createBlockBook(): BlockBook {
  const proposals = new Map<number, ReceivedProposal>()
  const blocks = new Map<string, KnownBlock>()

  return {
    proposal: (round) => proposals.get(round),
    block: (hash) => blocks.get(toHex(hash)),
    blocks: () => blocks.values(),

    add(signed, receivedAt, wanted) {
      const { round, blockHash: hash } = signed.proposal
      const key = toHex(hash)
      const first = !proposals.has(round)
      const unknown = !blocks.has(key)
      if (!first && !(wanted && unknown)) return false
      if (first) proposals.set(round, { signed, receivedAt })
      if (unknown) blocks.set(key, { hash, block: signed.block, proposal: signed, verdict: 'unasked' })
      return true
    },

    setVerdict(hash, verdict) {
      const known = blocks.get(toHex(hash))
      if (!known || known.verdict === 'valid' || known.verdict === 'invalid') return false
      blocks.set(toHex(hash), { ...known, verdict })
      return true
    },
  }
}
