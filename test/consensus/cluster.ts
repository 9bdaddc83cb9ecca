/**
 * A network of pure cores in one process, without sockets or clocks: every effect becomes an event in a queue that the test schedules.
 * Time is the queue's own.
 */
import type { ProposedBlock } from '../../src/chain/block.ts'
import { blockHash } from '../../src/chain/block.ts'
import type { Commit } from '../../src/chain/certificate.ts'
import type { ConsensusParameters } from '../../src/chain/chain-spec.ts'
import type { Evidence } from '../../src/chain/evidence.ts'
import { initialPriorities } from '../../src/consensus/proposer.ts'
import type { Effect, Outbound } from '../../src/consensus/tendermint/effect.ts'
import type { Input, StartHeight } from '../../src/consensus/tendermint/input.ts'
import { createTendermint, type Tendermint } from '../../src/consensus/tendermint/tendermint.ts'
import { ownSignature } from '../../src/crypto/verified.ts'
import { type Committee, chainId, parameters as defaults, genesisTime, signProposal, signVote, testBlock } from './validators.ts'

export interface ClusterOptions {
  readonly committee: Committee
  readonly parameters?: ConsensusParameters
  /** How long a message from one to another takes; `undefined` loses it. */
  readonly delay?: (from: number, to: number, now: number, message: Outbound) => number | undefined
  /** Which validators run the honest core; the others are the test's own. */
  readonly honest?: readonly number[]
  /** Whether a block passes the check of a node. */
  readonly isValid?: (node: number, block: ProposedBlock) => boolean
  /** Gossip: how often peers compare what they hold. 0: never. */
  readonly compareMs?: number
  readonly start?: Partial<StartHeight>
}

export interface ClusterNode {
  readonly index: number
  core: Tendermint
  readonly log: { readonly input: Input; readonly at: number }[]
  decision: { readonly block: ProposedBlock; readonly commit: Commit; readonly at: number } | undefined
  readonly evidence: Evidence[]
  readonly signed: Map<string, string>
}

export interface Cluster {
  readonly nodes: ReadonlyMap<number, ClusterNode>
  readonly now: number
  /** Everything every honest node broadcast, in order. */
  readonly sent: { readonly from: number; readonly message: Outbound }[]
  inject(to: number, message: Outbound, at?: number): void
  crash(index: number): void
  /** Runs until all honest nodes have decided or the time is over. */
  run(untilMs: number): void
}

interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export function createCluster(options: ClusterOptions): Cluster {
  const { committee, parameters = defaults, delay = () => 10, compareMs = 0 } = options
  const { set } = committee
  const honest = options.honest ?? set.validators.map((_, index) => index)
  const nodes = new Map<number, ClusterNode>()
  const sent: { from: number; message: Outbound }[] = []
  const events: Event[] = []
  let now = genesisTime
  let order = 0

  function schedule(delayMs: number, run: () => void): void {
    const event = { at: now + Math.max(0, delayMs), order: order++, run }
    let place = events.length
    while (place > 0 && (events[place - 1] as Event).at > event.at) place--
    events.splice(place, 0, event)
  }

  function deliver(node: ClusterNode, input: Input): void {
    for (const effect of node.core.handle(input, now)) carryOut(node, effect)
  }

  function later(node: ClusterNode, delayMs: number, input: Input): void {
    const core = node.core
    schedule(delayMs, () => node.core === core && deliver(node, input))
  }

  function carryOut(node: ClusterNode, effect: Effect): void {
    const { index } = node
    switch (effect.type) {
      case 'persist':
        node.log.push({ input: effect.input, at: effect.at })
        return
      case 'sign-vote': {
        const { vote } = effect
        guard(node, `${vote.kind}/${vote.round}`, String(vote.blockHash))
        return later(node, 0, { type: 'vote-signed', vote: signVote(committee, index, vote) })
      }
      case 'sign-proposal': {
        guard(node, `proposal/${effect.proposal.round}`, String(effect.proposal.blockHash))
        return later(node, 0, {
          type: 'proposal-signed',
          proposal: signProposal(committee, index, effect.proposal, effect.block),
        })
      }
      case 'broadcast':
        return broadcast(index, effect.message)
      case 'set-timer':
        return later(node, effect.delayMs, { type: 'timer-fired', timer: effect.timer })
      case 'build-block': {
        const { block } = testBlock(committee, { time: now, proposer: index, salt: `by ${index} in ${effect.round}` })
        return later(node, 1, { type: 'block-built', round: effect.round, block })
      }
      case 'check-block': {
        const valid = options.isValid?.(index, effect.block) ?? true
        return later(node, 1, { type: 'block-checked', blockHash: effect.blockHash, valid })
      }
      case 'decide':
        node.decision = { block: effect.block, commit: effect.commit, at: now }
        return
      case 'accuse':
        node.evidence.push(effect.evidence)
    }
  }

  /** What the engine's guard does: the same place is never signed with two meanings. */
  function guard(node: ClusterNode, place: string, meaning: string): void {
    const before = node.signed.get(place)
    if (before !== undefined && before !== meaning) throw new Error(`node ${node.index} was asked to sign twice at ${place}`)
    node.signed.set(place, meaning)
  }

  function broadcast(from: number, message: Outbound): void {
    sent.push({ from, message })
    for (const node of nodes.values()) if (node.index !== from) send(from, node, message)
  }

  function send(from: number, to: ClusterNode, message: Outbound): void {
    const ms = delay(from, to.index, now, message)
    if (ms !== undefined) schedule(ms, () => deliver(to, inputOf(message)))
  }

  function compare(): void {
    for (const node of nodes.values()) {
      for (const peer of nodes.values()) {
        if (peer === node) continue
        for (const message of node.core.missingFor(peer.core.roundState())) send(node.index, peer, message)
      }
    }
    schedule(compareMs, compare)
  }

  function startInput(index: number): StartHeight {
    return {
      type: 'start-height',
      height: 1,
      validators: set,
      priorities: initialPriorities(set),
      self: index,
      startAt: genesisTime,
      awaitTransactions: false,
      previousTime: genesisTime - 1,
      ...options.start,
    }
  }

  for (const index of honest) {
    const core = createTendermint(parameters, chainId)
    nodes.set(index, { index, core, log: [], decision: undefined, evidence: [], signed: new Map() })
  }
  for (const node of nodes.values()) schedule(0, () => deliver(node, startInput(node.index)))
  if (compareMs > 0) schedule(compareMs, compare)

  return {
    nodes,
    sent,
    get now() {
      return now
    },
    inject(to, message, at = now) {
      const node = nodes.get(to)
      if (node) schedule(at - now, () => deliver(node, inputOf(message)))
    },
    crash(index) {
      const node = nodes.get(index)
      if (!node) return
      const log = node.log.splice(0)
      node.core = createTendermint(parameters, chainId)
      for (const { input, at } of log) {
        for (const effect of node.core.handle(input, at)) if (effect.type === 'persist') carryOut(node, effect)
      }
      for (const effect of node.core.resume()) carryOut(node, effect)
    },
    run(untilMs) {
      const end = genesisTime + untilMs
      for (let event = events.shift(); event; event = events.shift()) {
        if (event.at > end) return void events.unshift(event)
        now = event.at
        event.run()
        if ([...nodes.values()].every((node) => node.decision)) return
      }
    },
  }
}

/** What a peer's message becomes once its signature has been checked; the test's messages are all well signed. */
export function inputOf(message: Outbound): Input {
  switch (message.type) {
    case 'proposal':
      return { type: 'proposal', proposal: ownSignature(message.proposal) }
    case 'vote':
      return { type: 'vote', vote: ownSignature(message.vote) }
    default:
      return { type: 'certificate', certificate: ownSignature(message.certificate) }
  }
}

export function decidedHashes(cluster: Cluster): readonly string[] {
  return [...cluster.nodes.values()].flatMap(({ decision }) => (decision ? [String(blockHash(decision.block.header))] : []))
}
