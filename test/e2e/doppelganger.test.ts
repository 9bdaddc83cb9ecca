import { access, readFile } from 'node:fs/promises'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadKeyFile } from '../../src/adapters/file/key-file.ts'
import { homeFiles } from '../../src/node/config/node-home.ts'
import { createFollowerHome } from './support/follower-home.ts'
import { heightOf, type LocalNetwork, reaches, startLocalNetwork } from './support/local-network.ts'
import { type Machine, openMachine, whyNoMachines } from './support/machine.ts'
import { startRelay } from './support/relay.ts'
import { type StartedRun, startProcess, startSynod } from './support/run-synod.ts'
import { type SigningWitness, startSigningWitness } from './support/signing-witness.ts'
import { until } from './support/until.ts'

const why = whyNoMachines()
let network: LocalNetwork
let witness: SigningWitness
let machine: Machine
let relayHere: Server | undefined
const processes: StartedRun[] = []

beforeAll(async () => {
  if (why) return
  network = await startLocalNetwork({ intervalMs: 100 })
  witness = await startSigningWitness(network)
  machine = await openMachine({ ownNetwork: true })
})
afterAll(async () => {
  await Promise.all(processes.map((process) => process.kill('SIGKILL')))
  relayHere?.close()
  await machine?.close()
  await witness?.stop()
  await network?.stop()
})

test.skipIf(why)(
  `a validator's key on another machine, too: the newcomer stops before it signs${why && ` (skipped: ${why})`}`,
  async () => {
    const [known, original] = network.nodes
    const home = original!.home
    const passphrase = (await readFile(join(home, homeFiles.passphrase), 'utf8')).trim()
    const validatorSeed = await loadKeyFile({ path: join(home, homeFiles.validatorKey), kind: 'validator', passphrase })
    const double = await createFollowerHome(network, 'double', { validatorSeed: validatorSeed! })

    // On the other machine, one validator's address leads here through a file that both machines see.
    const address = (await known!.client.status()).addresses[0]!
    const [, , host, , port] = address.split('/') as [string, string, string, string, string]
    const there = address.replace(host, '127.0.0.1')
    const path = join(network.directory, 'relay')
    relayHere = await startRelay({ path }, { port: Number(port), host })
    const program = fileURLToPath(new URL('support/relay.ts', import.meta.url))
    const relayThere = startProcess([...machine.through, process.execPath, program, port, path])
    processes.push(relayThere)
    await until('the relay is ready', async () => relayThere.output.includes('ready'))

    const settings = [`p2p.peers=${there}`, 'p2p.listen=/ip4/127.0.0.1/tcp/0', 'node.doppelganger_wait_ms=20000']
    const words = ['start', '--home', double.home, ...settings.flatMap((setting) => ['--set', setting])]
    const run = startSynod(words, { through: machine.through })
    processes.push(run)
    const { status, stderr } = await run.ended
    expect({ status, told: stderr.split('\n').find((line) => line.startsWith('VALIDATOR')) }).toEqual({
      status: 75,
      told: expect.stringMatching(/^VALIDATOR_KEY_ELSEWHERE {2}height \d+, round \d+$/),
    })
    // It had caught up by then, and would have signed next.
    expect(stderr).toContain('peer connected')
    await expect(access(join(double.home, 'data', 'last-signed'))).rejects.toThrow()

    await reaches(original!, (await heightOf(original!)) + 5)
    expect(await original!.client.status()).toMatchObject({ signing: true, fault: null })
    expect(witness.accusations).toEqual([])
  },
)
