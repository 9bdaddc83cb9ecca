import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { validatorSet } from '../chain/validator-set.ts'
import { precommit, prevote, type Vote, type VoteKind, voteSignBytes } from '../chain/vote.ts'
import { type BlsKeypair, blsKeypair, blsSign, blsVerify } from '../crypto/bls.ts'
import { sha256 } from '../crypto/hash.ts'
import type { Disk } from '../ports/disk.ts'
import type { Signer, SigningWish } from '../ports/signer.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { createSimulatedDisk } from '../simulator/simulated-disk.ts'
import { openGuardedSigner } from './guarded-signer.ts'

const keypair = blsKeypair(sha256(Uint8Array.of(1)))
const setOf = (...keypairs: readonly BlsKeypair[]) =>
  validatorSet(keypairs.map(({ publicKey }) => ({ consensusKey: publicKey, power: 10n })))
const chainId = sha256(Uint8Array.of(2))
const hashOf = (content: number): Bytes => sha256(Uint8Array.of(content))
const vote = (height: number, round: number, kind: VoteKind, content: number): Vote => ({
  kind,
  height,
  round,
  blockHash: hashOf(content),
})

function setUp(disk: Disk = createSimulatedDisk().mount({ io: async () => undefined })) {
  const signer = {
    keys: async () => [keypair.publicKey],
    sign: async ({ message }: SigningWish) => blsSign(keypair, message),
  }
  return { disk, open: () => openGuardedSigner({ signer, disk, chainId, validators: setOf(keypair) }) }
}

describe('guarded signer', () => {
  it.each([
    ['the same vote again', vote(5, 1, prevote, 1), true],
    ['another block at the same place', vote(5, 1, prevote, 2), false],
    ['an earlier height', vote(4, 9, precommit, 1), false],
    ['an earlier round', vote(5, 0, precommit, 1), false],
    ['a later step', vote(5, 1, precommit, 1), true],
    ['a later round', vote(5, 2, prevote, 2), true],
    ['a later height', vote(6, 0, prevote, 2), true],
  ])('after a prevote at height 5, round 1: %s', async (_, next, signs) => {
    const { open } = setUp()
    const signer = await open()
    expect(await signer.signVote(vote(5, 1, prevote, 1))).toBeDefined()
    expect((await signer.signVote(next)) !== undefined).toBe(signs)
    // What held before a restart holds after it.
    const restarted = await open()
    expect((await restarted.signVote(next)) !== undefined).toBe(signs)
  })

  it('signs a proposal before the votes of its round, and none after them', async () => {
    const signer = await setUp().open()
    const proposal = { height: 3, round: 0, validRound: undefined, blockHash: hashOf(1) }
    expect(await signer.signProposal(proposal)).toBeDefined()
    expect(await signer.signVote(vote(3, 0, prevote, 1))).toBeDefined()
    expect(await signer.signProposal({ ...proposal, blockHash: hashOf(2) })).toBeUndefined()
  })

  it('gives no signature whose record is not on disk, and may sign otherwise afterwards', async () => {
    const machine = createSimulatedDisk()
    const { open } = setUp(machine.mount({ io: async () => undefined }))
    const signer = await open()
    machine.fill(true)
    await expect(signer.signVote(vote(1, 0, prevote, 1))).rejects.toMatchObject({ code: 'DISK_FULL' })
    machine.fill(false)
    expect(await signer.signVote(vote(1, 0, prevote, 2))).toBeDefined()
    expect(await signer.signVote(vote(1, 0, prevote, 1))).toBeUndefined()
  })

  it('lets two wishes at once have one signature', async () => {
    const signer = await setUp().open()
    const signatures = await Promise.all([1, 2].map((content) => signer.signVote(vote(1, 0, prevote, content))))
    expect(signatures.filter(Boolean)).toHaveLength(1)
  })

  it.each([
    ['a flipped bit', (record: Bytes) => record.with(3, (record[3] ?? 0) ^ 1)],
    ['a torn end', (record: Bytes) => record.slice(0, -1)],
    ['nothing at all', () => new Uint8Array(0)],
  ])('refuses to start on a record with %s', async (_, damage) => {
    const { disk, open } = setUp()
    await (await open()).signVote(vote(1, 0, prevote, 1))
    await disk.writeSmall('last-signed', damage((await disk.readSmall('last-signed')) as Bytes))
    await expect(open()).rejects.toMatchObject({ code: 'LAST_SIGNED_CORRUPT' })
  })

  it('never gives two signatures for one place, whatever it is asked and wherever it crashes', async () => {
    const wish = fc.record({
      height: fc.nat(2),
      round: fc.nat(2),
      kind: fc.constantFrom<VoteKind>(prevote, precommit),
      content: fc.nat(2),
      crash: fc.boolean(),
    })
    const property = fc.asyncProperty(fc.array(wish, { maxLength: 12 }), async (wishes) => {
      const { open } = setUp()
      const given = new Map<string, number>()
      let signer = await open()
      for (const { height, round, kind, content, crash } of wishes) {
        const signature = await signer.signVote(vote(height, round, kind, content))
        const place = `${height}/${round}/${kind}`
        if (signature) expect(given.get(place) ?? content).toBe(content)
        if (signature) given.set(place, content)
        if (crash) signer = await open()
      }
    })
    await fc.assert(property, { numRuns: 30 })
  })
})

describe('guarded signer with several keys', () => {
  const [next, other] = [blsKeypair(sha256(Uint8Array.of(7))), blsKeypair(sha256(Uint8Array.of(8)))]

  function holding(...keypairs: BlsKeypair[]) {
    let asked = 0
    const signer: Signer = {
      async keys() {
        asked += 1
        return keypairs.map(({ publicKey }) => publicKey)
      },
      async sign({ key, message }) {
        const found = keypairs.find(({ publicKey }) => publicKey === key)
        return found && blsSign(found, message)
      },
    }
    return { signer, keypairs, asked: () => asked }
  }
  const open = (signer: Signer, disk: Disk, validators = setOf(keypair, other)) =>
    openGuardedSigner({ signer, disk, chainId, validators })

  it('signs with the key that is made while it runs from the set on that has it, and never twice at one place', async () => {
    const { disk } = setUp()
    const { signer, keypairs, asked } = holding(keypair)
    const guarded = await open(signer, disk)
    expect(await guarded.signVote(vote(5, 0, prevote, 1))).toBeDefined()
    keypairs.push(next)
    await guarded.follow(setOf(keypair, other))
    expect(guarded.publicKey).toEqual(keypair.publicKey)
    await guarded.follow(setOf(next, other))
    expect(guarded.publicKey).toEqual(next.publicKey)
    expect(await guarded.signVote(vote(5, 0, prevote, 2))).toBeUndefined()
    const wish = vote(6, 0, prevote, 2)
    const signature = await guarded.signVote(wish)
    expect(signature && blsVerify(next.publicKey, voteSignBytes(chainId, wish), signature)).toBe(true)
    // After a restart the key of the set counts, not the one that comes first.
    expect((await open(signer, disk, setOf(next, other))).publicKey).toEqual(next.publicKey)
    expect(asked()).toBe(3)
  })

  it('looks for another key only when one is new in the set', async () => {
    const { signer, asked } = holding(keypair, next)
    const guarded = await open(signer, setUp().disk)
    await guarded.follow(setOf(other))
    expect(asked()).toBe(1)
    await guarded.follow(setOf(other, next))
    expect(guarded.publicKey).toEqual(next.publicKey)
    expect(asked()).toBe(2)
  })

  it('remembers which key a holder elsewhere has, and cannot begin without ever having heard of one', async () => {
    const { disk } = setUp()
    const { signer, keypairs } = holding()
    const elsewhere = { ...signer, open: () => undefined }
    await expect(open(elsewhere, disk)).rejects.toMatchObject({ code: 'SIGNER_UNREACHABLE' })
    keypairs.push(keypair)
    await open(elsewhere, disk)
    keypairs.pop()
    const guarded = await open(elsewhere, disk)
    expect(guarded.publicKey).toEqual(keypair.publicKey)
    expect(await guarded.signVote(vote(1, 0, prevote, 1))).toBeUndefined()
  })
})
