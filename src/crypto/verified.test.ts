import { describe, expect, it } from 'vitest'
import { utf8 } from '../primitives/bytes.ts'
import { ed25519Keypair, ed25519Sign, ed25519Verify } from './ed25519.ts'
import { ownSignature, type SignatureItem, type Verified, verifiedBefore, verifyAll } from './verified.ts'

const alice = ed25519Keypair(new Uint8Array(32).fill(1))

async function check(items: readonly SignatureItem[]): Promise<readonly boolean[]> {
  return items.map(({ publicKey, message, signature }) => ed25519Verify(publicKey, message, signature))
}

function signed(value: string, signedText = value) {
  const message = utf8(value)
  return { value, signature: { publicKey: alice.publicKey, message, signature: ed25519Sign(alice, utf8(signedText)) } }
}

describe('verified values', () => {
  it('are those whose signature holds, each in its place', async () => {
    const values = await verifyAll([signed('one'), signed('two', 'forged'), signed('three')], check)
    expect(values).toEqual(['one', undefined, 'three'])
  })

  it('are none, and nothing is asked, when there is nothing to check', async () => {
    expect(await verifyAll([], () => Promise.reject(new Error('asked')))).toEqual([])
  })

  it('are none where the check gives too few answers', async () => {
    expect(await verifyAll([signed('one'), signed('two')], async () => [true])).toEqual(['one', undefined])
  })

  it('cannot be had without a check', () => {
    const tally = (vote: Verified<{ readonly height: number }>) => vote.height
    // @ts-expect-error: an unverified vote does not compile.
    expect(tally({ height: 1 })).toBe(1)
    expect(tally(ownSignature({ height: 2 }))).toBe(2)
    expect(tally(verifiedBefore({ height: 3 }))).toBe(3)
  })
})
