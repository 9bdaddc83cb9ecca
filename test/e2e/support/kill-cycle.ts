import { expect } from 'vitest'
import { heightOf, type LocalNetwork, type LocalNode, reaches } from './local-network.ts'
import type { SigningWitness } from './signing-witness.ts'
import { stays, until } from './until.ts'

/** Far longer than a block takes here, and short enough to be waited for. */
const quietMs = 1500

/**
 * Kills one of four, sees that blocks go on; kills another, sees that they stop; starts both again, sees that they resume and that
 * everybody has the same history. `chance` gives numbers from 0 to 1 and decides who is killed, and when.
 */
export async function killCycle(network: LocalNetwork, witness: SigningWitness, chance: () => number): Promise<void> {
  const victims = twoOf(network.nodes, chance)
  const [first, second] = victims
  const survivors = network.nodes.filter((node) => !victims.includes(node))
  const [survivor] = survivors as [LocalNode, LocalNode]

  await atSomeInstant(survivor, chance)
  await first.kill()
  const killedAt = await heightOf(survivor)
  await reaches(survivor, killedAt + 3)

  await atSomeInstant(survivor, chance)
  await second.kill()
  await stopped(survivors)

  await Promise.all(victims.map((node) => node.start()))
  await witness.meetAgain()
  const stoppedAt = await heightOf(survivor)
  await Promise.all(network.nodes.map((node) => reaches(node, stoppedAt + 3)))
  await sameHistory(network.nodes, stoppedAt + 3, killedAt - 1)
  await until('the witness has followed', async () => witness.node.status().height >= stoppedAt + 3)
  expect(witness.accusations).toEqual([])
}

/** The same block, with the same state after it, at every height of the range on every node. */
export async function sameHistory(nodes: readonly Pick<LocalNode, 'client'>[], height: number, fromHeight = 1): Promise<void> {
  for (let at = Math.max(1, fromHeight); at <= height; at++) {
    const blocks = await Promise.all(nodes.map(({ client }) => client.block(at)))
    expect(new Set(blocks.map((block) => `${block?.hash} ${block?.header.appHash}`)).size, `height ${at}`).toBe(1)
    expect(blocks[0]?.evidence).toEqual([])
  }
}

/** What was under way becomes final or does not; from then on nothing does. */
async function stopped(survivors: readonly LocalNode[]): Promise<void> {
  await until('blocks stop', async () => {
    const heights = async () => (await Promise.all(survivors.map(heightOf))).join(' ')
    return stays('the height', heights, quietMs).catch(() => false)
  })
}

/** Some step of consensus, counted in events from now: what a random time would be, without waiting for one. */
async function atSomeInstant({ client }: LocalNode, chance: () => number): Promise<void> {
  const abort = new AbortController()
  let events = Math.floor(chance() * 12)
  for await (const _event of client.events(abort.signal)) if (events-- <= 0) break
  abort.abort()
}

function twoOf(nodes: readonly LocalNode[], chance: () => number): [LocalNode, LocalNode] {
  const first = Math.floor(chance() * nodes.length)
  const second = (first + 1 + Math.floor(chance() * (nodes.length - 1))) % nodes.length
  return [nodes[first] as LocalNode, nodes[second] as LocalNode]
}
