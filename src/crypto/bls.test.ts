import { describe, expect, it } from 'vitest'
import { utf8 } from '../primitives/bytes.ts'
import {
  aggregatePublicKeys,
  aggregateSignatures,
  blsFastAggregateVerify,
  blsKeypair,
  blsSign,
  blsVerify,
  blsVerifyBatch,
  provePossession,
  verifyPossession,
} from './bls.ts'

const keypair = (index: number) => blsKeypair(new Uint8Array(32).fill(index))
const vote = utf8('a vote')

describe('BLS', () => {
  it('signs and verifies', () => {
    const alice = keypair(1)
    const signature = blsSign(alice, vote)
    expect([alice.publicKey.length, signature.length]).toEqual([48, 96])
    expect(blsVerify(alice.publicKey, vote, signature)).toBe(true)
    expect(blsVerify(alice.publicKey, utf8('another'), signature)).toBe(false)
    expect(blsVerify(keypair(2).publicKey, vote, signature)).toBe(false)
  })
  it('aggregates', () => {
    const pairs = [1, 2, 3, 4].map(keypair)
    const sum = aggregateSignatures(pairs.map((p) => blsSign(p, vote)))
    const keys = pairs.map((p) => p.publicKey)
    expect(blsFastAggregateVerify(keys, vote, sum)).toBe(true)
    expect(blsFastAggregateVerify(keys.slice(1), vote, sum)).toBe(false)
    expect(blsVerify(aggregatePublicKeys(keys)!, vote, sum)).toBe(true)
  })
  it('batches', () => {
    const items = Array.from({ length: 9 }, (_, i) => ({ publicKey: keypair(i + 1).publicKey, message: vote, signature: blsSign(keypair(i === 4 ? 99 : i + 1), vote) }))
    expect(blsVerifyBatch(items)).toEqual(items.map((_, i) => i !== 4))
  })
  it('possession', () => {
    expect(verifyPossession(keypair(1).publicKey, provePossession(keypair(1)))).toBe(true)
    expect(verifyPossession(keypair(2).publicKey, provePossession(keypair(1)))).toBe(false)
  })
})
