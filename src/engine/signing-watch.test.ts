import { describe, expect, it } from 'vitest'
import { createTestChain } from '../../test/engine/test-chain.ts'
import type { ConsensusKey } from '../chain/identifiers.ts'
import { precommit } from '../chain/vote.ts'
import type { OperationalError } from '../primitives/operational-error.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import type { Ports } from './ports.ts'
import { createSigningGate } from './signing-gate.ts'
import { createSigningWatch } from './signing-watch.ts'

/** The watch of the validator at `place`, who has signed nothing yet. */
async function setUp(place: number) {
  const { chain, nextBlock } = await createTestChain()
  const publicKey = chain.tip().validators.validators[place]!.consensusKey as ConsensusKey
  const gate = createSigningGate(
    createSimulatedClock(createScheduler(0), () => 0),
    0,
  )
  const peers: unknown[] = []
  const faults: string[] = []
  const fail = (error: unknown) => void faults.push((error as OperationalError).code)
  const breakdown = { failed: new Promise<never>(() => undefined), fail, expect: () => undefined }
  const ports = { network: { peers: () => peers } } as unknown as Ports
  const signer = {
    publicKey,
    signVote: async () => undefined,
    signProposal: async () => undefined,
    mayHaveSigned: () => false,
    follow: async () => undefined,
  }
  const sync = { active: false, behind: false }
  const watch = createSigningWatch({ chain, ports, breakdown, gate, signer, sync })
  return { watch, gate, faults, peers, sync, chain, nextBlock }
}

describe('signing watch', () => {
  it('lets sign once the node has peers, and none of them is ahead', async () => {
    const { watch, gate, peers, sync } = await setUp(0)
    watch.judge()
    peers.push('a peer')
    sync.behind = true
    watch.judge()
    expect(gate.open).toBe(false)
    sync.behind = false
    watch.judge()
    expect(gate.open).toBe(true)
  })

  it('ends signing when another machine signs with the key, and not for what others sign', async () => {
    const { watch, faults } = await setUp(1)
    watch.onSigned(0, { height: 1, round: 0, step: precommit })
    expect(faults).toEqual([])
    watch.onSigned(1, { height: 1, round: 0, step: precommit })
    expect(faults).toEqual(['VALIDATOR_KEY_ELSEWHERE'])
  })

  it('takes no late vote of a height that is over for one of its own: places in the next set are others', async () => {
    const { watch, faults, chain, nextBlock } = await setUp(1)
    const { block, commit, executed } = nextBlock()
    await chain.commit(block, commit, executed)
    watch.onSigned(1, { height: 1, round: 0, step: precommit })
    expect(faults).toEqual([])
    watch.onSigned(1, { height: 2, round: 0, step: precommit })
    expect(faults).toEqual(['VALIDATOR_KEY_ELSEWHERE'])
  })
})
