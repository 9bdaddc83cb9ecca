import { expect, it } from 'vitest'
import { createNodeWorld, type NodeWorld } from '../../../test/engine/node-world.ts'
import { readForkRecord } from '../../engine/fork-record.ts'
import type { PeerId } from '../../ports/network.ts'
import { toHex } from '../../primitives/bytes.ts'
import { conspirator, isOtherSide } from './conspirator.ts'

/** Four validators with 1, 2, 3 and 1 parts of the power, of whom some conspire. The honest of the two sides do not hear each other at first. */
async function inSchism(liars: readonly number[]) {
  const world = createNodeWorld({
    validators: 4,
    consensus: { interval_ms: 500, propose_timeout_ms: 500 },
    tamper(index, ports) {
      if (!liars.includes(index)) return ports
      const { chain, random } = world.world
      const keypair = chain.validators[index]!
      return conspirator({ ports, keypair, chainId: chain.chainId, spec: chain.spec, random: random.fork(`liar ${index}`) })
    },
  })
  const honest = world.members.filter((_, index) => !liars.includes(index))
  const names = new Set(honest.map(({ machine }) => machine.id))
  const apart = (a: PeerId, b: PeerId) => names.has(a) && names.has(b) && isOtherSide(a) !== isOtherSide(b)
  const heal = world.world.station.block(apart)
  await world.start()
  return { world, honest, heal }
}

type Member = NodeWorld['members'][number]
const heightOf = ({ node }: Member) => node().status().height

it('with more than a third it makes two blocks of one height final; every honest node halts, and accuses it alone', {
  timeout: 60_000,
}, async () => {
  const { world, honest, heal } = await inSchism([2])
  const halted: { code: string; of: Member }[] = []
  for (const of of honest) void of.node().failed.then(({ code }) => halted.push({ code, of }))
  await world.until(() => honest.every((member) => heightOf(member) >= 1), 120)
  expect(halted).toEqual([])
  heal()
  await world.until(() => halted.length === honest.length, 120)
  for (const { code, of } of halted) {
    expect(code).toBe('CHAIN_FORKED')
    const record = await readForkRecord({ readSmall: async (name) => of.machine.disk.small(name) })
    const accused = [...record!.convicted, ...record!.suspects].map(toHex)
    expect(accused).toEqual([toHex(world.world.chain.validators[2]!.publicKey)])
  }
})

it('with less than a third it stops one side for as long as it lasts, and no more', { timeout: 60_000 }, async () => {
  const { world, honest, heal } = await inSchism([0, 3])
  await world.run(20)
  heal()
  const before = Math.max(...honest.map(heightOf))
  await world.until(() => honest.every((member) => heightOf(member) >= before + 3), 120)
  const hashes = await Promise.all(honest.map(({ node }) => node().commit(before + 1)))
  expect(new Set(hashes.map((commit) => toHex(commit!.blockHash))).size).toBe(1)
  expect(honest.map(({ node }) => node().status().fault)).toEqual(honest.map(() => undefined))
})
