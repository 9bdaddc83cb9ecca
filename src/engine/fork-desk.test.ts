import { expect, it } from 'vitest'
import { createNodeWorld, heights, type NodeWorld } from '../../test/engine/node-world.ts'
import { bitmapOf } from '../chain/bitmap.ts'
import { announcementSchema } from '../chain/block-message.ts'
import type { Commit } from '../chain/certificate.ts'
import { precommit, voteSignBytes } from '../chain/vote.ts'
import { encode } from '../codec/codec.ts'
import { aggregateSignatures, blsSign } from '../crypto/bls.ts'
import { sha256 } from '../crypto/hash.ts'
import { bytesEqual, utf8 } from '../primitives/bytes.ts'
import type { OperationalError } from '../primitives/operational-error.ts'
import { readForkRecord, refuseForked, withChoice, writeForkRecord } from './fork-record.ts'
import type { Ports } from './ports.ts'

const forked = sha256(utf8('another block'))

async function startWorld() {
  const ports: Ports[] = []
  const world = createNodeWorld({
    validators: 4,
    followers: 1,
    consensus: { interval_ms: 1000 },
    tamper: (index, given) => {
      ports[index] = given
      return given
    },
  })
  await world.start()
  await world.until(() => heights(world).every((height) => height >= 4), 60)
  /** Disks are simulated too: they answer while the world goes on. */
  async function answered<T>(work: Promise<T>): Promise<T> {
    let done = false
    void work.finally(() => (done = true))
    await world.until(() => done, 30)
    return work
  }
  return { world, ports, answered }
}

/** A commit by these of the validators, of whom all are needed: their powers differ. */
function commitBy(world: NodeWorld, height: number, places: readonly number[], round = 0): Commit {
  const { chainId, validators } = world.world.chain
  const set = world.members[4]!.node().validators().validators
  const message = voteSignBytes(chainId, { kind: precommit, height, round, blockHash: forked })
  const signatures = places.map((place) => {
    const keypair = validators.find(({ publicKey }) => bytesEqual(publicKey, set[place]!.consensusKey))!
    return blsSign(keypair, message)
  })
  return { height, round, blockHash: forked, signers: bitmapOf(places, set.length), signature: aggregateSignatures(signatures) }
}

it('a second certificate of a height stops every node that hears of it, and names who signed both', async () => {
  const { world, ports, answered } = await startWorld()
  const follower = world.members[4]!.node()
  const height = follower.status().height - 1
  const failures: OperationalError[] = []
  for (const { node } of world.members) void node().failed.then((error) => failures.push(error))
  const commit = commitBy(world, height, [0, 1, 2, 3])
  ports[4]!.network.broadcast('blocks', encode(announcementSchema, { commit }))
  await world.until(() => failures.length >= 4, 60)
  expect(failures.map(({ code, message }) => (code === 'CHAIN_FORKED' ? code : message))).toEqual(
    Array(failures.length).fill('CHAIN_FORKED'),
  )
  expect(world.members[0]!.node().status().fault).toContain(`Two blocks of height ${height}`.toLowerCase().slice(1))

  const record = (await answered(readForkRecord(ports[0]!.disk)))!
  const set = follower.validators().validators
  const own = bytesEqual(record.first.blockHash, forked) ? record.second : record.first
  const both = [0, 1, 2, 3].filter((place) => ((own.signers[0]! >> place) & 1) === 1)
  expect(record.convicted).toEqual(both.map((place) => set[place]!.consensusKey))
  expect(record).toMatchObject({ height, suspects: [], chosen: undefined })

  expect(() => refuseForked(record, undefined)).toThrow(/are certified/)
  expect(() => withChoice(record, sha256(utf8('a third')))).toThrow(/neither/)
  const chosen = withChoice(record, own.blockHash)
  await answered(writeForkRecord(ports[0]!.disk, chosen))
  expect(await answered(readForkRecord(ports[0]!.disk))).toEqual(chosen)
  expect(() => refuseForked(chosen, own.blockHash)).not.toThrow()
  expect(() => refuseForked(withChoice(record, forked), own.blockHash)).toThrow(/roll back to height/)
})

it('a node that is settled on a block takes no other, by sync or by votes, and stops at none above it', async () => {
  const ports: Ports[] = []
  let record: Uint8Array | undefined
  const world = createNodeWorld({
    validators: 4,
    followers: 1,
    consensus: { interval_ms: 1000 },
    tamper(index, given) {
      const readSmall: Ports['disk']['readSmall'] = async (name) =>
        name === 'fork' && index >= 3 ? record : given.disk.readSmall(name)
      ports[index] = { ...given, disk: { ...given.disk, readSmall } }
      return ports[index]
    },
  })
  const height = 4
  const { chain } = world.world
  const set = chain.spec.validators.map(({ consensusKey, power }) => ({ consensusKey, power }))
  const commit = (hash: Uint8Array): Commit => ({
    height,
    round: 0,
    blockHash: hash as Commit['blockHash'],
    signers: bitmapOf([0], 4),
    signature: new Uint8Array(96),
  })
  await writeForkRecord(
    {
      writeSmall: async (_, content) => {
        record = content
      },
    },
    {
      at: 0,
      height,
      first: commit(forked),
      second: commit(sha256(utf8('a third block'))),
      validators: set,
      polkas: [],
      convicted: [],
      suspects: [],
      chosen: forked,
    },
  )
  await world.start()
  const others = [0, 1, 2]
  await world.until(() => others.every((index) => heights(world)[index]! >= height + 4), 120)
  await world.run(10)
  expect(world.members[4]!.counters.get('synod_sync_lies_total code=FORK_NOT_CHOSEN')).toBeGreaterThan(0)
  // The validator among them signs nothing at that height either: it is not decided anew.
  expect(heights(world).slice(3)).toEqual([height - 1, height - 1])
  expect(world.members.every(({ machine }) => machine.running?.status().fault === undefined)).toBe(true)
})

it('a forged one stops nobody, and costs who passed it on', async () => {
  const { world, ports, answered } = await startWorld()
  const height = world.members[4]!.node().status().height - 1
  const commit = { ...commitBy(world, height, [0, 1]), signers: bitmapOf([0, 1, 2, 3], 4) }
  ports[4]!.network.broadcast('blocks', encode(announcementSchema, { commit }))
  await world.run(5)
  expect(
    heights(world)
      .slice(0, 4)
      .every((reached) => reached > height),
  ).toBe(true)
  expect(world.members.slice(0, 4).every(({ machine }) => machine.running?.status().fault === undefined)).toBe(true)
  expect(await answered(readForkRecord(ports[0]!.disk))).toBeUndefined()
})
