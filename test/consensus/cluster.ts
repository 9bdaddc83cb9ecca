/**
 * A network of pure cores in one process, without sockets or clocks: every effect becomes an event in a queue that the test schedules.
 * Time is the queue's own.
 */
import type { ProposedBlock } from '../../src/chain/block.ts'
import type { Commit } from '../../src/chain/certificate.ts'
import type { ConsensusParameters } from '../../src/chain/chain-spec.ts'
import type { Evidence } from '../../src/chain/evidence.ts'
import { blockHash } from '../../src/chain/header.ts'
import type { Vote } from '../../src/chain/vote.ts'
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
  /** How much of the log is surely on disk: a signature has left on the strength of it. */
  synced: number
}

export interface Cluster {
  readonly nodes: ReadonlyMap<number, ClusterNode>
  readonly now: number
  /** Everything every honest node broadcast, in order. */
  readonly sent: { readonly from: number; readonly message: Outbound }[]
  /** Gives a node a message at once, as if from a peer. */
  inject(to: number, message: Outbound): void
  /** Calls back at a time from the start. */
  at(ms: number, run: () => void): void
  /** Loses all but the log, and of the log `lost` records, unless they were surely on disk. Then restarts from it. */
  crash(index: number, lost?: number): void
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
    if (effect.type === 'persist') node.log.push({ input: effect.input, at: effect.at })
    else if (effect.type === 'sign-vote') signVoteOf(node, effect.vote)
    else if (effect.type === 'sign-proposal') signProposalOf(node, effect)
    else if (effect.type === 'broadcast') broadcast(node.index, effect.message)
    else if (effect.type === 'set-timer') later(node, effect.delayMs, { type: 'timer-fired', timer: effect.timer })
    else if (effect.type === 'build-block') build(node, effect.round)
    else if (effect.type === 'check-block') check(node, effect)
    else if (effect.type === 'decide') node.decision = { block: effect.block, commit: effect.commit, at: now }
    else node.evidence.push(effect.evidence)
  }

  function signVoteOf(node: ClusterNode, vote: Vote): void {
    guard(node, `${vote.kind}/${vote.round}`, String(vote.blockHash))
    later(node, 0, { type: 'vote-signed', vote: signVote(committee, node.index, vote) })
  }

  function signProposalOf(node: ClusterNode, { proposal, block }: Effect & { type: 'sign-proposal' }): void {
    guard(node, `proposal/${proposal.round}`, String(proposal.blockHash))
    later(node, 0, { type: 'proposal-signed', proposal: signProposal(committee, node.index, proposal, block) })
  }

  /** Blocks differ by builder, round and time: a block built again after a crash is another block. */
  function build(node: ClusterNode, round: number): void {
    const { block } = testBlock(committee, { time: now, proposer: node.index, salt: `by ${node.index} in ${round}` })
    later(node, 1, { type: 'block-built', round, block })
  }

  function check(node: ClusterNode, { block, blockHash }: Effect & { type: 'check-block' }): void {
    later(node, 1, { type: 'block-checked', blockHash, valid: options.isValid?.(node.index, block) ?? true })
  }

  /** What the engine's guard does: the same place is never signed with two meanings. */
  function guard(node: ClusterNode, place: string, meaning: string): void {
    const before = node.signed.get(place)
    if (before !== undefined && before !== meaning) throw new Error(`node ${node.index} was asked to sign twice at ${place}`)
    node.signed.set(place, meaning)
    node.synced = node.log.length
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
    nodes.set(index, { index, core, log: [], decision: undefined, evidence: [], signed: new Map(), synced: 0 })
  }
  for (const node of nodes.values()) schedule(0, () => deliver(node, startInput(node.index)))
  if (compareMs > 0) schedule(compareMs, compare)

  return {
    nodes,
    sent,
    get now() {
      return now
    },
    inject(to, message) {
      const node = nodes.get(to)
      if (node) deliver(node, inputOf(message))
    },
    at: (ms, run) => schedule(genesisTime + ms - now, run),
    crash(index, lost = 0) {
      const node = nodes.get(index)
      if (!node) return
      const log = node.log.splice(0)
      log.length = Math.max(node.synced, 1, log.length - lost)
      node.core = createTendermint(parameters, chainId)
      for (const { input, at } of log) {
        for (const effect of node.core.handle(input, at)) if (effect.type === 'persist') carryOut(node, effect)
      }
      for (const effect of node.core.resume(now)) carryOut(node, effect)
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
function inputOf(message: Outbound): Input {
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
