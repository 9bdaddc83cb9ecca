import type { Channel, PeerId } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { createRandom, type Random } from './random.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { createSimulatedChain, type SimulatedChain } from './simulated-chain.ts'
import { createSimulatedInternet, type SimulatedInternet } from './simulated-internet.ts'
import { createSignatureOracle, type SignatureOracle } from './simulated-verifier.ts'
import type { SimulationOptions } from './simulation-options.ts'
import { createTrace, type Trace } from './trace.ts'
import { createWeatherStation, type WeatherStation } from './weather.ts'

/** Everything around the nodes of one simulation. */
export interface World {
  readonly random: Random
  readonly scheduler: Scheduler
  readonly station: WeatherStation
  readonly internet: SimulatedInternet
  readonly oracle: SignatureOracle
  readonly chain: SimulatedChain
  readonly trace: Trace
}

/** A run begins here, in 2027; the genesis of its chain, too. */
export const startMs = 1_800_000_000_000

export function createWorld(options: SimulationOptions, onSend: (from: PeerId, channel: Channel, message: Bytes) => void): World {
  const random = createRandom(BigInt(options.seed))
  const scheduler = createScheduler(startMs)
  const station = createWeatherStation(random.fork('weather'))
  const { weather, reachable } = station
  return {
    random,
    scheduler,
    station,
    internet: createSimulatedInternet({ scheduler, weather, reachable, onSend }),
    oracle: createSignatureOracle(),
    chain: createSimulatedChain({
      random: random.fork('chain'),
      validators: options.nodes ?? 4,
      genesisTime: startMs,
      consensus: options.consensus ?? {},
      applicationName: options.application?.name ?? 'ledger',
    }),
    trace: createTrace(scheduler, startMs, options.onTrace),
  }
}
