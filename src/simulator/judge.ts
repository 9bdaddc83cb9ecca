import { validatorSet } from '../chain/validator-set.ts'
import type { Channel, PeerId } from '../ports/network.ts'
import { type Bytes, bytesEqual, toHex } from '../primitives/bytes.ts'
import { isLiar, nodeId } from './cast.ts'
import { createFinalBlocks, type FinalBlocks } from './checkers/final-blocks.ts'
import { createHonestSigners, type HonestSigners } from './checkers/honest-signers.ts'
import { createProposals } from './checkers/proposals.ts'
import type { CheckName, Violation } from './checkers/violation.ts'
import type { Clients } from './clients.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { SimulationOptions } from './simulation-options.ts'
import type { World } from './world.ts'

/** Collects what the checkers find, and keeps the first. */
export interface Judge {
  readonly violation: Violation | undefined
  readonly blocks: FinalBlocks
  readonly signers: HonestSigners
  /** Somebody, honest or not, sent a message. */
  sent(from: PeerId, channel: Channel, message: Bytes): void
  report(violation: Violation | undefined): void
  blame(check: CheckName, node: string, detail: string): void
  /**
   * Whether one more honest node may lose its log. It forgets its lock, so it counts as a liar: together they stay below a third. When
   * it may, its former lock is not held against it.
   */
  mayLoseLog(node: SimulatedNode): boolean
}

export function createJudge(options: {
  readonly world: World
  readonly liars: NonNullable<SimulationOptions['liars']>
  readonly member: (id: string) => SimulatedNode | undefined
  readonly clients: () => Clients
}): Judge {
  const { world, liars } = options
  const { chain, oracle, scheduler } = world
  const validators = chain.validators.map(({ publicKey }, index) => ({ id: nodeId(index), consensusKey: publicKey }))
  const honest = validators.filter((_, index) => !isLiar(liars, index))
  const honestKeys = new Set(honest.map(({ consensusKey }) => toHex(consensusKey)))
  const unreliable = new Set(validators.filter((_, index) => isLiar(liars, index)).map(({ id }) => id))
  let violation: Violation | undefined

  function report(found: Violation | undefined): void {
    violation ??= found
  }

  const proposals = createProposals(chain.chainId, oracle)
  const blocks = createFinalBlocks({
    chain,
    oracle,
    submitted: (id) => options.clients().submitted(id),
    honest: (key) => honestKeys.has(key),
    now: scheduler.now,
    proposals,
  })
  const signers = createHonestSigners({
    chainId: chain.chainId,
    signers: honest,
    validatorsAt: blocks.validatorsAt,
    lastSigned: (id) => options.member(id)?.disk.small('last-signed'),
    report,
  })

  /** Power, at genesis, of liars and of those who have lost a log. */
  function isSafe(forgetful: ReadonlySet<string>): boolean {
    const set = validatorSet(chain.spec.validators)
    let power = 0n
    for (const { id, consensusKey } of validators) {
      const own = set.validators.find((validator) => bytesEqual(validator.consensusKey, consensusKey))
      if (forgetful.has(id)) power += own?.power ?? 0n
    }
    return 3n * power < set.totalPower
  }

  return {
    get violation() {
      return violation
    },
    blocks,
    signers,
    sent(from, channel, message) {
      signers.sent(from, channel, message)
      proposals.sent(channel, message)
    },
    report,
    blame: (check, node, detail) => report({ check, node, height: blocks.height, detail }),
    mayLoseLog({ id }) {
      if (!isSafe(new Set([...unreliable, id]))) return false
      unreliable.add(id)
      signers.lostLog(id)
      return true
    },
  }
}
