import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ed25519Keypair } from '../crypto/ed25519.ts'
import { sha256 } from '../crypto/hash.ts'
import { checkWorkAsked, owesProof } from './hello.ts'
import { proveStake, verifyStake } from './stake-proof.ts'
import { type Challenge, isSolution, searchSolution, workMax, workPuzzle } from './work-challenge.ts'

const challenge: Challenge = {
  chainId: sha256(Uint8Array.of(1)),
  verifier: 'verifier',
  prover: 'prover',
  nonce: new Uint8Array(32).fill(4),
}
const puzzle = workPuzzle(challenge)

/** The same question on another chain, of another peer, to another peer, on another connection; and with names run together. */
const others: [string, Partial<Challenge>][] = [
  ['chain', { chainId: sha256(Uint8Array.of(2)) }],
  ['verifier', { verifier: 'another' }],
  ['prover', { prover: 'another' }],
  ['nonce', { nonce: new Uint8Array(32).fill(5) }],
  ['border between the names', { verifier: 'verifierp', prover: 'rover' }],
  ['order of the names', { verifier: 'prover', prover: 'verifier' }],
]

describe('work', () => {
  it.each([1, 2, 3, 100, 5_000])('of %i is found and holds, and anything less is found in it too', (work) => {
    const counter = searchSolution(puzzle, work, 0n, 1_000_000) as bigint
    expect(isSolution(puzzle, work, counter)).toBe(true)
    expect(isSolution(puzzle, Math.ceil(work / 2), counter)).toBe(true)
  })

  it('takes as many hashes as it says, about', () => {
    let found = 0
    for (let counter = 0n; counter < 64_000n; counter++) if (isSolution(puzzle, 64, counter)) found++
    expect(found).toBeGreaterThan(850)
    expect(found).toBeLessThan(1150)
  })

  it.each(others)('for another %s is another puzzle', (_, change) => {
    const counter = searchSolution(puzzle, 5_000, 0n, 1_000_000) as bigint
    expect(isSolution(workPuzzle({ ...challenge, ...change }), 5_000, counter)).toBe(false)
  })

  it('never asks for a counter beyond 64 bits', () => {
    expect(isSolution(puzzle, 1, 1n << 64n)).toBe(false)
    expect(isSolution(puzzle, 1, -1n)).toBe(false)
    expect(isSolution(puzzle, 1, (1n << 64n) - 1n)).toBe(true)
  })

  it('is checked in less than a tenth of a millisecond', () => {
    const start = performance.now()
    for (let counter = 0n; counter < 2_000n; counter++) isSolution(workPuzzle(challenge), 1 << 19, counter)
    expect((performance.now() - start) / 2_000).toBeLessThan(0.1)
  })

  it.each([
    [0, 'inbound', true],
    [1, 'inbound', false],
    [0, 'outbound', true],
    [workMax, 'outbound', true],
    [workMax + 1, 'outbound', false],
  ] as const)('of %i asked by a peer that is %s: done %s', (work, direction, done) => {
    expect(checkWorkAsked(work, direction).ok).toBe(done)
  })
})

describe('stake', () => {
  const keypair = ed25519Keypair(new Uint8Array(32).fill(6))
  const signature = proveStake(keypair, challenge)

  it('is proved by its key', () => expect(verifyStake(keypair.publicKey, challenge, signature)).toBe(true))

  it.each(others)('for another %s is another proof', (_, change) => {
    expect(verifyStake(keypair.publicKey, { ...challenge, ...change }, signature)).toBe(false)
  })

  it('is proved by no other key, nor by any other bytes', () => {
    const another = ed25519Keypair(new Uint8Array(32).fill(7))
    expect(verifyStake(another.publicKey, challenge, signature)).toBe(false)
    const property = fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(verifyStake(keypair.publicKey, challenge, bytes)).toBe(false)
    })
    fc.assert(property)
  })
})

describe('a proof is owed', () => {
  const key = new Uint8Array(32)
  it.each([
    [{ work: 0, grantsStake: false }, undefined, false],
    [{ work: 0, grantsStake: true }, undefined, false],
    [{ work: 0, grantsStake: false }, key, false],
    [{ work: 0, grantsStake: true }, key, true],
    [{ work: 1, grantsStake: false }, undefined, true],
    [{ work: 1, grantsStake: true }, key, true],
  ])('after %j by a peer with the key %j: %s', (verifier, stakeKey, owed) => {
    expect(owesProof({ stakeKey }, verifier)).toBe(owed)
  })
})
