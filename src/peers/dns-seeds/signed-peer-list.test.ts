import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encode } from '../../codec/codec.ts'
import { ed25519Keypair } from '../../crypto/ed25519.ts'
import { listFromTexts, listToTexts } from './list-texts.ts'
import { type SeedPeerList, seedListLifeMaxMs, signedPeerListSchema, signPeerList, verifyPeerList } from './signed-peer-list.ts'

const keypair = ed25519Keypair(new Uint8Array(32).fill(1))
const stranger = ed25519Keypair(new Uint8Array(32).fill(2))
const chainId = new Uint8Array(32).fill(3)
const now = 1_800_000_000_000
const dayMs = 86_400_000
const list: SeedPeerList = {
  version: 1,
  chainId,
  sequence: 5,
  issuedAt: now,
  expiresAt: now + dayMs,
  addresses: ['/ip4/8.8.8.8/tcp/26600'],
}
const trust = {
  chainId,
  keys: [stranger.publicKey.slice().fill(9), keypair.publicKey],
  now,
  newestOf: () => undefined as { sequence: number; issuedAt: number } | undefined,
}
const code = (published: Uint8Array, over: Partial<typeof trust> = {}) => {
  const verified = verifyPeerList(published, { ...trust, ...over })
  return verified.ok ? 'good' : verified.error.code
}
const signed = (over: Partial<SeedPeerList> = {}, by = keypair) => signPeerList({ ...list, ...over }, by)

describe('a signed list', () => {
  const late = signed()
  it.each([
    ['as it was signed', signed(), {}, 'good'],
    ['by another key', signed({}, stranger), {}, 'SEED_LIST_UNKNOWN_KEY'],
    ['where the chain names no key', signed(), { keys: [] }, 'SEED_LIST_UNKNOWN_KEY'],
    ['in another key’s name', withSigner(signed({}, stranger)), {}, 'SEED_LIST_FORGED'],
    ['of another chain', signed({ chainId: new Uint8Array(32) }), {}, 'SEED_LIST_WRONG_CHAIN'],
    ['that has expired', late, { now: now + 2 * dayMs }, 'SEED_LIST_EXPIRED'],
    ['that has just expired, by our clock', late, { now: now + dayMs + 60_000 }, 'good'],
    ['of tomorrow', late, { now: now - dayMs }, 'SEED_LIST_EXPIRED'],
    ['that never expires', signed({ expiresAt: now + seedListLifeMaxMs + 1 }), {}, 'SEED_LIST_MALFORMED'],
    ['that ends before it begins', signed({ expiresAt: now - 1 }), {}, 'SEED_LIST_MALFORMED'],
    [
      'much older than one that was seen',
      signed(),
      { newestOf: () => ({ sequence: 6, issuedAt: now + dayMs }) },
      'SEED_LIST_STALE',
    ],
    ['a little older, as resolvers remember it', signed(), { newestOf: () => ({ sequence: 6, issuedAt: now + 60_000 }) }, 'good'],
    ['seen again', signed(), { newestOf: () => ({ sequence: 5, issuedAt: now }) }, 'good'],
    ['of nothing', new Uint8Array(0), {}, 'SEED_LIST_MALFORMED'],
    ['with bytes behind it', Uint8Array.of(...signed(), 0), {}, 'SEED_LIST_MALFORMED'],
  ])('%s', (_what, published, over, expected) => {
    expect(code(published, over)).toBe(expected)
  })

  it('holds in none of its parts when a bit is flipped', () => {
    const published = signed()
    for (let bit = 0; bit < published.length * 8; bit++) {
      const flipped = published.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(code(flipped)).not.toBe('good')
    }
  })
})

function withSigner(published: Uint8Array): Uint8Array {
  const original = Buffer.from(published)
  original.set(keypair.publicKey, original.indexOf(stranger.publicKey))
  return new Uint8Array(original)
}

describe('a list in texts', () => {
  it('is read in any order, among other texts, and with another list’s parts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), fc.infiniteStream(fc.nat(1000)), (bytes, lots) => {
        const others = ['v=spf1 -all', ...listToTexts(4, Uint8Array.of(1, 2)), ...listToTexts(6, new Uint8Array(2000)).slice(1)]
        const texts = [...listToTexts(5, bytes), ...others].map((text) => ({ text, lot: lots.next().value as number }))
        const shuffled = texts.sort((left, right) => left.lot - right.lot).map(({ text }) => text)
        expect(listFromTexts(shuffled)).toEqual({ ok: true, value: new Uint8Array(bytes) })
      }),
    )
  })

  it('fits the longest', () => {
    const longest = signed({ addresses: Array(64).fill('x'.repeat(256)) })
    const texts = listToTexts(5, longest)
    expect(texts.length).toBeLessThanOrEqual(32)
    expect(listFromTexts(texts)).toEqual({ ok: true, value: longest })
  })

  it.each([
    ['no part at all', ['dnsaddr=/ip4/8.8.8.8/tcp/1'], undefined],
    ['a part missing', listToTexts(1, new Uint8Array(2000)).slice(1), 'SEED_LIST_MALFORMED'],
    ['too many parts', ['synod-peers=1;1;0;33;AAAA'], 'SEED_LIST_MALFORMED'],
    ['an index beyond its count', ['synod-peers=1;1;1;1;AAAA'], 'SEED_LIST_MALFORMED'],
    ['a text that is too long', [`synod-peers=1;1;0;1;${'A'.repeat(2048)}`], 'SEED_LIST_MALFORMED'],
    ['no base64', ['synod-peers=1;1;0;1;A'], 'SEED_LIST_MALFORMED'],
    ['ten thousand texts before it', [...Array(10_000).fill('x'), ...listToTexts(1, Uint8Array.of(1))], undefined],
    ['numbers of another spelling', ['synod-peers=1;01;0;1;AAAA'], 'SEED_LIST_MALFORMED'],
  ])('%s', (_what, texts, expected) => {
    const read = listFromTexts(texts)
    expect(read === undefined ? undefined : read.ok ? 'good' : read.error.code).toBe(expected)
  })

  it('no text crashes the reader', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (texts) => {
        const read = listFromTexts(texts.map((text) => `synod-peers=1;${text}`))
        expect(texts.length === 0 || read?.ok === false || read?.ok === true).toBe(true)
      }),
    )
  })
})

it('an empty list is a list', () => {
  expect(
    encode(signedPeerListSchema, { list: new Uint8Array(0), signer: new Uint8Array(32), signature: new Uint8Array(64) }),
  ).toBeDefined()
  expect(code(signed({ addresses: [] }))).toBe('good')
})
