import type { Block, ProposedBlock } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import type { ConsensusParameters } from '../chain/chain-spec.ts'
import type { Evidence } from '../chain/evidence.ts'
import { indexOfValidator } from '../chain/validator-set.ts'
import { startTime } from '../consensus/pacing.ts'
import type { Outbound } from '../consensus/tendermint/effect.ts'
import type { Input, StartHeight } from '../consensus/tendermint/input.ts'
import type { Tendermint } from '../consensus/tendermint/tendermint.ts'
import { assert } from '../primitives/assert.ts'
import type { Rejection } from '../primitives/result.ts'
import type { ProducedBlock } from './block-producer.ts'
import type { Candidate, Candidates } from './candidates.ts'
import type { Chain } from './chain.ts'
import { createConsensusEffects } from './consensus-effects.ts'
import type { ConsensusLog } from './consensus-log.ts'
import type { GuardedSigner } from './guarded-signer.ts'
import type { Ports } from './ports.ts'
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
  /** Those of the height being decided. */
  readonly parameters: () => ConsensusParameters
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
  /** After a fork that was settled: the block of this height exists and is not decided anew, by no vote; block sync brings it. */
  readonly isSettled: (height: number) => boolean
}

/** `ended` is for good: after a failure nothing may decide or sign any more, whoever asks. */
type Phase = 'idle' | 'deciding' | 'suspended' | 'ended'

export function createConsensusRunner(options: RunnerOptions): ConsensusRunner {
  const { chain, core, log, candidates, gate } = options
  const inputs: Input[] = []
  const effects = createConsensusEffects({ ...options, deliver, onDecision, onFailure: fail })
  let phase: Phase = 'idle'
  let entered = false
  let handling = false
  let committing: Promise<void> = Promise.resolve()
  const isSettled = (): boolean => options.isSettled(chain.tip().height + 1)
  /** Until block sync has been there. */
  const wait = (): void => {
    phase = 'suspended'
  }

  /** While deciding is suspended only this node's own answers wait: they come once, and peers send again what is lacking. */
  function deliver(input: Input): void {
    if (phase === 'ended' || (phase === 'suspended' && comesAgain(input))) return
    inputs.push(input)
    if (phase === 'deciding' && !handling) handleAll()
  }

  function handleAll(): void {
    handling = true
    try {
      while (phase === 'deciding' && inputs.length > 0) handle(inputs.shift() as Input)
    } catch (error) {
      fail(error)
    }
    handling = false
  }

  function handle(input: Input): void {
    const before = core.step
    for (const effect of core.handle(input, options.ports.clock.now())) effects.carryOut(effect)
    if (core.step !== before) options.onStep()
  }

  function fail(error: unknown): void {
    phase = 'ended'
    effects.clear()
    options.onFailure(error)
  }

  function onDecision(block: ProposedBlock, commit: Commit): Promise<void> {
    committing = makeFinal(options, block, commit).then(() => {
      if (phase === 'deciding') beginHeight()
    })
    return committing
  }

  function beginHeight(): void {
    effects.clear()
    candidates.reset()
    if (isSettled()) return wait()
    inputs.unshift(startOf(options))
    if (!handling) handleAll()
    options.onStep()
    options.onHeight()
  }

  /** The first time of deciding: block sync may have been quicker than the network took to start. */
  function enter(): void {
    if (isSettled()) return wait()
    entered = true
    phase = 'deciding'
    if (!replay(options)) return beginHeight()
    for (const effect of core.resume(options.ports.clock.now())) effects.carryOut(effect)
    handleAll()
  }

  return {
    async start() {
      if (phase === 'idle') enter()
    },
    deliver,
    async suspend() {
      if (phase !== 'ended') phase = 'suspended'
      await committing.catch(() => undefined)
    },
    resume() {
      if (phase !== 'suspended') return
      if (!entered) return enter()
      phase = 'deciding'
      if (core.height !== chain.tip().height + 1) {
        inputs.length = 0
        return beginHeight()
      }
      if (options.hasWork()) inputs.push({ type: 'transactions-available' })
      handleAll()
    },
    async stop() {
      phase = 'ended'
      effects.clear()
      candidates.reset()
      gate.stop()
      await committing.catch(() => undefined)
      await log.close()
    },
  }
}

function comesAgain({ type }: Input): boolean {
  return type === 'proposal' || type === 'vote' || type === 'certificate' || type === 'transactions-available'
}

/** Replays the log of the height in progress into the core. False: it holds nothing of that height. */
function replay(options: RunnerOptions): boolean {
  const { chain, core, candidates } = options
  const tip = chain.tip()
  const records = options.log.recovered(tip.height + 1, tip, ownIndex(options))
  if (records.inputs[0]?.input.type !== 'start-height') return false
  for (const { input, now } of records.inputs) core.handle(input, now)
  for (const body of records.bodies) candidates.restore(body.block, body.hash, body.transactions)
  options.ports.telemetry.log('info', 'consensus log replayed', { height: tip.height + 1, inputs: records.inputs.length })
  return true
}

/** Makes a decided block final on this node, and lets go of the log that led to it. */
async function makeFinal(options: RunnerOptions, proposed: ProposedBlock, commit: Commit): Promise<void> {
  const { clock, telemetry } = options.ports
  const candidate = options.candidates.held(commit.blockHash)
  assert(candidate, 'a decided block was checked, and so is held')
  const startedAt = clock.monotonic()
  const { header, lastCommit, evidence } = proposed
  const transactions = candidate.transactions.map((transaction) => transaction.encoded)
  const block = { header, lastCommit, evidence, transactions }
  await options.chain.commit(block, commit, candidate.executed)
  telemetry.observe('synod_commit_seconds', (clock.monotonic() - startedAt) / 1000)
  await options.log.rotate()
  await options.signer?.follow(options.chain.tip().validators)
  options.onFinal(block, commit, candidate)
}

function startOf(options: RunnerOptions): StartHeight {
  const { genesisTime } = options
  const parameters = options.parameters()
  const { height, time, validators, priorities } = options.chain.tip()
  const now = options.ports.clock.now()
  return {
    type: 'start-height',
    height: height + 1,
    validators,
    priorities,
    self: ownIndex(options),
    startAt: startTime({ parameters, genesisTime, height: height + 1, previousTime: time, now }),
    awaitTransactions: !parameters.empty_blocks && !options.hasWork(),
    previousTime: time,
  }
}

function ownIndex({ chain, signer }: RunnerOptions): number | undefined {
  return signer && indexOfValidator(chain.tip().validators, signer.publicKey)
}
