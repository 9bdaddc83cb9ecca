/** A devnet of real processes whose first node is attacked by `synod attack`, another real process, and what has to hold whatever the attack. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { AttackName } from '../../../src/cli/attack/attack-kinds.ts'
import type { AttackReport } from '../../../src/cli/attack/report.ts'
import { type Client, createClient } from '../../../src/client/client.ts'
import { readOperatorToken } from '../../../src/node/config/operator-token.ts'
import { heightOf, type LocalNetwork, reaches, startLocalNetwork } from '../../e2e/support/local-network.ts'
import { until } from '../../e2e/support/until.ts'

export interface AttackedNetwork {
  readonly network: LocalNetwork
  /** Runs the attack on the first node, and holds that it is refused, named, and felt by nobody else. */
  attack(kind: AttackName, expectations: Expectations, ...options: readonly string[]): Promise<AttackReport>
  stop(): Promise<void>
}

export interface Expectations {
  /** What the node calls it: one of these in `synod_attacks_total`. */
  readonly named: readonly string[]
  /** Whether there is an identity or an address that sends on and on, and so can be banned. */
  readonly banned: boolean
  /** How long, where ten seconds are too few: a ban may come after slower and slower reading. */
  readonly seconds?: number
}

const launcher = fileURLToPath(new URL('../../../bin/synod.js', import.meta.url))
const secondsStandard = 10
/** The most that an attack may add to the median finality of honest transfers. */
const slowerMax = 2
const refusedPercentMin = 95

export async function startAttackedNetwork(): Promise<AttackedNetwork> {
  const network = await startLocalNetwork({ intervalMs: 100 })
  const [node] = network.nodes
  if (!node) throw new Error('the network has no node')
  const token = await readOperatorToken(join(node.home, 'operator-token'))
  const operator = createClient(node.url, { operatorToken: token })
  const honest = await honestPeers(operator, network.nodes.length - 1)
  return {
    network,
    async attack(kind, { named, banned, seconds = secondsStandard }, ...options) {
      const [address = ''] = (await operator.status()).addresses
      const report = await runAttack(
        kind,
        address,
        '--api',
        node.url,
        '--home',
        node.home,
        '--seconds',
        String(seconds),
        ...options,
      )
      process.stdout.write(`${JSON.stringify(report)}\n`)
      expect.soft(report.refusedPercent, 'refused, in percent').toBeGreaterThanOrEqual(refusedPercentMin)
      expect.soft(report.honest.during.samples, 'transfers that became final during the attack').toBeGreaterThan(20)
      expect.soft(report.honest.during.p50, 'median finality during the attack').toBeLessThanOrEqual(slowerMax * calm(report))
      expect.soft(report.node?.attacks, 'attacks in the metrics').toEqual(expect.arrayContaining([oneOf(named)]))
      if (banned) expect.soft(report.banAfterMs, 'time to the ban').not.toBeNull()
      expect(await honestPeers(operator, network.nodes.length - 1), 'the honest connections').toEqual(honest)
      await expectHonestAtLarge(operator, honest)
      await reaches(node, (await heightOf(node)) + 3)
      return report
    },
    stop: () => network.stop(),
  }

  function oneOf(names: readonly string[]): unknown {
    return expect.stringMatching(new RegExp(`^(${names.join('|')})$`))
  }
}

/** The median without the attack: a machine that others use too is not the same before and after, and the slower of the two is fair. */
function calm({ honest: { before, after } }: AttackReport): number {
  return Math.max(before.p50 ?? Number.NaN, after.p50 ?? 0)
}

/** The other validators as they are connected now: the id and the moment of each connection, in order. */
async function honestPeers(operator: Client, count: number): Promise<readonly string[]> {
  return until('the other validators are connected', async () => {
    const { peers } = await operator.peers()
    const honest = peers.filter((peer) => !/\/127\.(66|77)\./.test(peer.address) && peer.agent !== 'synod-attack')
    return (
      honest.length >= count && honest.map(({ id, connectedAt }) => `${id} since ${connectedAt}`).sort((a, b) => (a < b ? -1 : 1))
    )
  })
}

/** Nobody honest is kept out: neither a validator nor an address from which one comes. */
async function expectHonestAtLarge(operator: Client, honest: readonly string[]): Promise<void> {
  const { bans } = await operator.operator.bans()
  const banned = bans.map(({ target }) => target)
  for (const peer of honest) expect(banned).not.toContain(peer.split(' ')[0])
  expect(banned.filter((target) => target.startsWith('127.') && !target.startsWith('127.66.'))).toEqual([])
}

async function runAttack(...words: readonly string[]): Promise<AttackReport> {
  const child = spawn(process.execPath, [launcher, 'attack', ...words, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  child.on('error', reject)
  child.on('close', resolve)
  const status = await promise
  if (status !== 0) throw new Error(`synod attack ended with status ${status}\n${out}${err}`)
  return JSON.parse(out) as AttackReport
}
