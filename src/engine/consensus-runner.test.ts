import { describe, expect, it } from 'vitest'
import { createTestChain } from '../../test/engine/test-chain.ts'
import { createTendermint } from '../consensus/tendermint/tendermint.ts'
import { silence } from '../ports/telemetry.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import type { Candidates } from './candidates.ts'
import { openConsensusLog } from './consensus-log.ts'
import { createConsensusRunner } from './consensus-runner.ts'
import type { Ports } from './ports.ts'
import { createSigningGate } from './signing-gate.ts'

/** A runner of a node without a key, in a room of its own. */
async function setUp() {
  const { spec, chainId, chain, mounted, application } = await createTestChain()
  const scheduler = createScheduler(spec.chain.genesis_time)
  const clock = createSimulatedClock(scheduler, () => 0)
  const core = createTendermint(spec.consensus, chainId)
  const opened = await openConsensusLog(mounted, application)
  const failures: unknown[] = []
  let broken = false
  const log: typeof opened = {
    ...opened,
    append(input, now) {
      if (broken) throw new Error('the log is broken')
      opened.append(input, now)
    },
  }
  const candidates = { reset: () => undefined, held: () => undefined } as unknown as Candidates
  const runner = createConsensusRunner({
    ports: { clock, telemetry: silence } as unknown as Ports,
    chain,
    core,
    parameters: () => spec.consensus,
    genesisTime: spec.chain.genesis_time,
    log,
    candidates,
    gate: createSigningGate(clock, 0),
    signer: undefined,
    produce: () => expect.unreachable('a node without a key proposes nothing'),
    hasWork: () => false,
    broadcast: () => undefined,
    onStep: () => undefined,
    onHeight: () => undefined,
    onInvalidBlock: () => undefined,
    onAccusation: () => undefined,
    onFinal: () => undefined,
    isSettled: () => false,
    onFailure: (error) => failures.push(error),
  })
  const breakLog = () => {
    broken = true
  }
  return { runner, core, failures, breakLog, run: (ms: number) => scheduler.run(scheduler.now() + ms) }
}

describe('consensus runner', () => {
  it('begins the next height', async () => {
    const { runner, core, run } = await setUp()
    await runner.start()
    await run(5000)
    expect(core).toMatchObject({ height: 1 })
    expect(core.step).not.toBe('new-height')
  })

  it('does not begin while block sync has the chain, though it was suspended before it started', async () => {
    const { runner, core } = await setUp()
    await runner.suspend()
    await runner.start()
    expect(core.height).toBe(0)
    runner.resume()
    expect(core.height).toBe(1)
  })

  it('keeps its timers of a suspension for afterwards', async () => {
    const { runner, core, run } = await setUp()
    await runner.start()
    await runner.suspend()
    await run(5000)
    expect(core.step).toBe('new-height')
    runner.resume()
    expect(core.step).not.toBe('new-height')
  })

  it('ends for good when its log fails, whoever resumes it', async () => {
    const { runner, core, failures, breakLog, run } = await setUp()
    await runner.start()
    breakLog()
    await run(5000)
    expect(failures).toHaveLength(1)
    const { round, step } = core
    await runner.suspend()
    runner.resume()
    await run(60_000)
    expect(core).toMatchObject({ round, step })
    expect(failures).toHaveLength(1)
  })
})
