import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sameHistory } from './support/kill-cycle.ts'
import { foundLocalNetwork, heightOf, type LocalNetwork, reaches } from './support/local-network.ts'
import { type Machine, openMachine, whyNoMachines } from './support/machine.ts'
import { runSynod, type StartedRun, startProcess, startSynod } from './support/run-synod.ts'
import { until } from './support/until.ts'

const why = whyNoMachines()
let network: LocalNetwork
let machine: Machine
let disk: string
const processes: StartedRun[] = []

beforeAll(async () => {
  if (why) return
  network = await foundLocalNetwork({ intervalMs: 100 })
  disk = join(network.directory, 'disk')
  machine = await openMachine({ disk: { path: disk, mebibytes: 24 } })
  await Promise.all(network.nodes.slice(0, 3).map((node) => node.start()))
})
afterAll(async () => {
  await Promise.all(processes.map((process) => process.kill('SIGKILL')))
  await machine?.close()
  await network?.stop()
})

test.skipIf(why)(
  `a validator whose disk is full stops and says so, and goes on when there is room${why && ` (skipped: ${why})`}`,
  async () => {
    const [other, , , victim] = network.nodes
    const words = ['start', '--home', victim!.home, '--set', `node.data_dir=${join(disk, 'data')}`]
    const start = () => {
      const run = startSynod(words, { through: machine.through })
      processes.push(run)
      return run
    }
    const there = (...command: readonly string[]) => startProcess([...machine.through, ...command]).ended

    const first = start()
    await reaches(victim!, 10)
    expect((await there('dd', 'if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4096')).stderr).toMatch(/No space left/)
    const { status, stderr } = await first.ended
    const told = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
    expect({ status, first: told[0]?.split(/\s/)[0] }).toEqual({ status: 74, first: 'DISK_FULL' })
    expect(told.join('\n')).toContain('Free some space')
    await reaches(other!, (await heightOf(other!)) + 3)

    // Without room it does not start, or it starts and stops again; either way it says why.
    const { status: again, stderr: toldAgain } = await runSynod(words, { through: machine.through })
    expect({ again, full: toldAgain.includes('DISK_FULL') }).toEqual({ again: 74, full: true })

    expect((await there('rm', join(disk, 'filler'))).status).toBe(0)
    const second = start()
    const tip = await heightOf(other!)
    await reaches(victim!, tip)
    await sameHistory(network.nodes, tip)
    await until('it signs again', async () => (await victim!.client.status()).signing)
    expect((await second.kill('SIGTERM')).status).toBe(0)
  },
)
