import { type Block, blockHash, type ProposedBlock } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import type { ConsensusParameters } from '../chain/chain-spec.ts'
import { indexOfValidator } from '../chain/validator-set.ts'
import { startTime } from '../consensus/pacing.ts'
import type { Effect, Outbound } from '../consensus/tendermint/effect.ts'
import type { ConsensusTimer, Input } from '../consensus/tendermint/input.ts'
import type { Tendermint } from '../consensus/tendermint/tendermint.ts'
import { ownSignature } from '../crypto/verified.ts'
import { assert, unreachable } from '../primitives/assert.ts'
import type { Rejection } from '../primitives/result.ts'
import type { Evidence } from '../chain/evidence.ts'
import type { Timer } from '../ports/clock.ts'
import type { Candidate, Candidates } from './candidates.ts'
import type { Chain } from './chain.ts'
import type { ConsensusLog } from './consensus-log.ts'
import type { GuardedSigner } from './guarded-signer.ts'
import type { Ports } from './ports.ts'
import type { ProducedBlock } from './block-producer.ts'
import type { SigningGate } from './signing-gate.ts'

/**
 * Drives the pure core: gives it inputs with the time, carries out its effects in order, and moves from height to height. It owns no
 * rule of the protocol; it owns that what must be on disk is on disk before what depends on it leaves.
 */
export interface ConsensusRunner {
  /** Restores the height in progress from the log, or begins the next one. */
  start(): Promise<void>
  /** A verified message from a peer, or news from this node. */
  deliver(input: Input): void
  /** Stops deciding until `resume`: block sync is about to move the tip. Resolves when nothing of consensus touches the chain. */
  suspend(): Promise<void>
  resume(): void
  stop(): Promise<void>
}

export interface RunnerOptions {
  readonly ports: Ports
  readonly chain: Chain
  readonly core: Tendermint
  readonly parameters: ConsensusParameters
  readonly genesisTime: number
  readonly log: ConsensusLog
  readonly candidates: Candidates
  readonly gate: SigningGate
  readonly signer: GuardedSigner | undefined
  readonly produce: () => ProducedBlock
  /** Whether the mempool or the evidence pool has something for a block. */
  readonly hasWork: () => boolean
  readonly broadcast: (message: Outbound) => void
  readonly onStep: () => void
  /** A new height is in progress. */
  readonly onHeight: () => void
  readonly onInvalidBlock: (block: ProposedBlock, rejection: Rejection) => void
  readonly onAccusation: (evidence: Evidence) => void
  readonly onFinal: (block: Block, commit: Commit, candidate: Candidate) => void
  /** The machine failed under the node: a full disk, a broken log. Nothing may go on. */
  readonly onFailure: (error: unknown) => void
}

const heldBackMax = 4096

export function createConsensusRunner(options: RunnerOptions): ConsensusRunner {
  const { ports, chain, core, log, candidates, gate, signer } = options
  const { clock, telemetry } = ports
  const timers = new Map<string, Timer>()
  const inputs: Input[] = []
  let handling = false
  let running = false
  let committing: Promise<void> = Promise.resolve()

  function deliver(input: Input): void {
    if (inputs.length < heldBackMax) inputs.push(input)
    if (running && !handling) handleAll()
  }

  function handleAll(): void {
    handling = true
    for (let input = inputs.shift(); input && running; input = inputs.shift()) {
      const before = core.step
      for (const effect of core.handle(input, clock.now())) carryOut(effect)
      if (core.step !== before) options.onStep()
    }
    handling = false
  }

  function carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        return log.append(effect.input, effect.at)
      case 'sign-proposal':
        return inBackground(signProposal(effect))
      case 'sign-vote':
        return inBackground(signVote(effect))
      case 'broadcast':
        return options.broadcast(effect.message)
      case 'set-timer':
        return setTimer(effect.timer, effect.delayMs)
      case 'build-block':
        return inBackground(build(effect))
      case 'check-block':
        return inBackground(check(effect))
      case 'decide':
        committing = commit(effect.block, effect.commit)
        return inBackground(committing)
      case 'accuse':
        return options.onAccusation(effect.evidence)
      default:
        return unreachable(effect)
    }
  }

  function inBackground(work: Promise<void>): void {
    work.catch((error) => {
      running = false
      options.onFailure(error)
    })
  }

  /** Nothing is signed before the reasons for signing are on disk, nor for a height that is over. */
  async function mayLeave(height: number): Promise<boolean> {
    await log.sync()
    return (await gate.passed()) && core.height === height
  }

  async function signVote({ vote }: Effect & { type: 'sign-vote' }): Promise<void> {
    if (!signer || !(await mayLeave(vote.height))) return
    const validator = indexOfValidator(chain.tip().validators, signer.publicKey)
    const signature = await signer.signVote(vote)
    if (signature === undefined || validator === undefined) return
    telemetry.count('synod_consensus_signatures_total', 1, { kind: 'vote' })
    deliver({ type: 'vote-signed', vote: ownSignature({ vote, validator, signature }) })
  }

  async function signProposal({ proposal, block }: Effect & { type: 'sign-proposal' }): Promise<void> {
    if (!signer || !(await mayLeave(proposal.height))) return
    const signature = await signer.signProposal(proposal)
    if (signature === undefined) return
    telemetry.count('synod_consensus_signatures_total', 1, { kind: 'proposal' })
    deliver({ type: 'proposal-signed', proposal: ownSignature({ proposal, block, signature }) })
  }

  async function build({ height, round }: Effect & { type: 'build-block' }): Promise<void> {
    if (!(await gate.passed()) || core.height !== height || chain.tip().height !== height - 1) return
    const startedAt = clock.monotonic()
    const { block, transactions, executed } = options.produce()
    telemetry.observe('synod_execution_seconds', (clock.monotonic() - startedAt) / 1000)
    const hash = blockHash(block.header)
    candidates.hold(hash, { transactions, executed })
    log.appendBody(height, hash, transactions)
    deliver({ type: 'block-built', round, block })
  }

  async function check({ block, blockHash: hash }: Effect & { type: 'check-block' }): Promise<void> {
    const result = await candidates.check(block, hash)
    if (!result || core.height !== block.header.height) return
    if (result.ok) log.appendBody(block.header.height, hash, result.value.transactions)
    else options.onInvalidBlock(block, result.error)
    deliver({ type: 'block-checked', blockHash: hash, valid: result.ok })
  }

  function setTimer(timer: ConsensusTimer, delayMs: number): void {
    const key = `${timer.kind} ${timer.round}`
    timers.get(key)?.cancel()
    timers.set(
      key,
      clock.schedule(delayMs, () => {
        timers.delete(key)
        deliver({ type: 'timer-fired', timer })
      }),
    )
  }

  async function commit(proposed: ProposedBlock, commit: Commit): Promise<void> {
    const { header, lastCommit, evidence } = proposed
    const candidate = candidates.held(commit.blockHash)
    assert(candidate, 'a decided block was checked, and so is held')
    const startedAt = clock.monotonic()
    const transactions = candidate.transactions.map((transaction) => transaction.encoded)
    const block = { header, lastCommit, evidence, transactions }
    await chain.commit(block, commit, candidate.executed)
    telemetry.observe('synod_commit_seconds', (clock.monotonic() - startedAt) / 1000)
    await log.rotate()
    options.onFinal(block, commit, candidate)
    if (running) beginHeight()
  }

  function clearHeight(): void {
    for (const timer of timers.values()) timer.cancel()
    timers.clear()
    candidates.reset()
  }

  function beginHeight(): void {
    clearHeight()
    const { height, time, validators, priorities } = chain.tip()
    const startAt = startTime({
      parameters: options.parameters,
      genesisTime: options.genesisTime,
      height: height + 1,
      previousTime: time,
      now: clock.now(),
    })
    const self = ownIndex()
    const awaitTransactions = !options.parameters.empty_blocks && !options.hasWork()
    const start: Input = { type: 'start-height', height: height + 1, validators, priorities, self, startAt, awaitTransactions, previousTime: time }
    inputs.unshift(start)
    if (!handling) handleAll()
    options.onStep()
    options.onHeight()
  }

  function ownIndex(): number | undefined {
    return signer && indexOfValidator(chain.tip().validators, signer.publicKey)
  }

  /** Replays the log of the height in progress, then carries out what the crash left unanswered. */
  async function restore(): Promise<boolean> {
    const tip = chain.tip()
    const records = log.recovered(tip.height + 1, tip, ownIndex())
    if (records.inputs[0]?.input.type !== 'start-height') return false
    for (const { input, now } of records.inputs) core.handle(input, now)
    for (const body of records.bodies) candidates.restore(body.block, body.hash, body.transactions)
    telemetry.log('info', 'consensus log replayed', { height: tip.height + 1, inputs: records.inputs.length })
    for (const effect of core.resume()) carryOut(effect)
    return true
  }

  return {
    async start() {
      running = true
      handling = true
      const restored = await restore()
      handling = false
      if (!restored) beginHeight()
      else handleAll()
    },
    deliver,
    async suspend() {
      running = false
      await committing.catch(() => undefined)
    },
    resume() {
      running = true
      if (core.height !== chain.tip().height + 1) {
        inputs.length = 0
        beginHeight()
      } else handleAll()
    },
    async stop() {
      running = false
      clearHeight()
      gate.stop()
      await committing.catch(() => undefined)
      await log.close()
    },
  }
}
