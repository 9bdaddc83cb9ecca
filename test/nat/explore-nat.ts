import { createNatExplorer } from '../../src/adapters/nat/nat-explorer.ts'
import { createSystemClock } from '../../src/adapters/system/system-clock.ts'
import { systemEntropy } from '../../src/adapters/system/system-entropy.ts'

/** Runs on a host of a topology and says, as one line of JSON, what our client finds out of the STUN servers named. */
const explorer = createNatExplorer({ servers: process.argv.slice(2), clock: createSystemClock(), entropy: systemEntropy })
process.stdout.write(`${JSON.stringify(await explorer.explore())}\n`)
