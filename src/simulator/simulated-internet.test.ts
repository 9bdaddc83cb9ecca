import { type NetworkWorld, networkContract } from '../ports/network.contract.ts'
import { createRandom } from './random.ts'
import { createScheduler } from './scheduler.ts'
import { createSimulatedInternet } from './simulated-internet.ts'
import { createWeatherStation } from './weather.ts'

/** One internet for all tests of the suite: they stop their networks, and take the same places again. */
function world(): NetworkWorld {
  const scheduler = createScheduler(1_800_000_000_000)
  const station = createWeatherStation(createRandom(1n))
  const internet = createSimulatedInternet({ scheduler, weather: station.weather, reachable: station.reachable })
  return {
    make: async (index) => internet.join(`node${index}`),
    deadAddress: internet.addressOf('nobody-there'),
    without: ['pause', 'traffic'],
    turn: async () => void (await scheduler.run(scheduler.now() + 1)),
  }
}

networkContract('the simulated internet', world())
