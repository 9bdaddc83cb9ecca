import { bls12_381 } from '@noble/curves/bls12-381.js'
import { describe, expect, it } from 'vitest'
import { bitmapOf } from '../chain/bitmap.ts'
import { blockHash } from '../chain/header.ts'
import { validatorSet, validatorSetHash } from '../chain/validator-set.ts'
import { precommit, voteSignBytes } from '../chain/vote.ts'
import { type MadeChain, type MadeChainOptions, madeChainId, madeKey, makeChain } from '../cli/bench/made-chain.ts'
import { blsFastAggregateVerify, blsKeypair, blsSign, blsVerifyBatch } from '../crypto/bls.ts'
import { sha256 } from '../crypto/hash.ts'
import type { SignatureCheck } from '../crypto/verified.ts'
import { bytesEqual, utf8 } from '../primitives/bytes.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { ok, reject } from '../primitives/result.ts'
import { type LightBlock, readLightBlock } from './light-block.ts'
import { createLightClient, type LightClientOptions, trustRoot } from './light-client.ts'
import type { LightProvider } from './provider.ts'
import { oneThird, type TrustedBlock, type TrustRules } from './trust.ts'
import { createTrustStore } from './trust-store.ts'
import { verifyLightBlock } from './verify-light-block.ts'

const genesisTime = 1_700_000_000_000
const hour = 3_600_000
const rules: TrustRules = { chainId: madeChainId, level: oneThird, periodMs: 1000 * hour, clockDriftMs: 5000 }
const now = genesisTime + 10 * hour
const checkBls: SignatureCheck = async (items) => blsVerifyBatch(items)
const chainOf = (options: Partial<MadeChainOptions> = {}): MadeChain =>
  makeChain({ heights: 60, validators: 4, genesisTime, ...options })

interface Asked extends LightProvider {
  readonly asked: (number | 'latest')[]
}

function serve(
  chain: MadeChain,
  name = 'primary',
  alter: (height: number, block: LightBlock) => LightBlock | undefined = (_, block) => block,
): Asked {
  const asked: (number | 'latest')[] = []
  return {
    name,
    asked,
    async lightBlock(wanted) {
      asked.push(wanted)
      const height = wanted === 'latest' ? chain.heights : wanted
      const block = height >= 1 && height <= chain.heights ? alter(height, chain.lightBlock(height)) : undefined
      return block ? ok(block) : reject('LIGHT_NOT_HELD', `height ${height}`)
    },
  }
}

function clientOf(root: TrustedBlock, providers: readonly LightProvider[], more: Partial<LightClientOptions> = {}) {
  const store = createTrustStore()
  store.add(root)
  return createLightClient({ rules, store, providers, checkBls, now: () => now, ...more })
}

describe('following a chain', () => {
  it('goes straight to a height while the validators stay', async () => {
    const chain = chainOf()
    const provider = serve(chain)
    const verified = await clientOf(chain.genesis, [provider]).verified(60)
    expect(verified).toMatchObject({ ok: true, value: { header: { height: 60 } } })
    expect(provider.asked).toEqual([60])
  })

  it('goes by as many heights as the changes of validators ask for, and arrives at the same block in sequence', async () => {
    const chain = chainOf({ changedEvery: 4 })
    const skipping = serve(chain)
    const sequential = serve(chain)
    const skipped = await clientOf(chain.genesis, [skipping]).verified(60)
    const walked = await clientOf(chain.genesis, [sequential], { mode: 'sequential' }).verified(60)
    expect(skipped.ok && walked.ok && bytesEqual(skipped.value.hash, walked.value.hash)).toBe(true)
    expect(sequential.asked).toHaveLength(60)
    expect(skipping.asked.length).toBeLessThan(20)
  })

  it('walks where a change is larger than the trust', async () => {
    const chain = chainOf({ heights: 10, changedEvery: 1, replaced: 4 })
    const provider = serve(chain)
    expect(await clientOf(chain.genesis, [provider]).verified(10)).toMatchObject({ ok: true })
    expect(provider.asked).toHaveLength(10)
  })

  it('walks over changes of whose newcomers nobody shows that they know their keys', async () => {
    const chain = chainOf({ heights: 9, changedEvery: 4 })
    const provider = serve(chain, 'bare', (_, block) => ({ ...block, possessions: [] }))
    expect(await clientOf(chain.genesis, [provider]).verified(9)).toMatchObject({ ok: true })
    expect(provider.asked.length).toBeGreaterThan(1)
  })

  it('finds what lies before a trusted block by its hash', async () => {
    const chain = chainOf()
    const root = await trustRoot([serve(chain)], rules, { height: 50, hash: chain.hashAt(50) })
    const client = clientOf((root as { value: TrustedBlock }).value, [serve(chain)])
    expect(await client.verified(45)).toMatchObject({ ok: true, value: { header: { height: 45 } } })
    const liar = serve(chainOf({ header: (_, header) => ({ ...header, appHash: sha256(utf8('lie')) }) }))
    expect(await clientOf((root as { value: TrustedBlock }).value, [liar]).verified(45)).toMatchObject({
      error: { code: 'BLOCK_WRONG_PARENT' },
    })
  })

  it('follows the latest, and asks the next provider when one fails', async () => {
    const chain = chainOf()
    const silent = serve(chain, 'silent', () => undefined)
    const client = clientOf(chain.genesis, [silent, serve(chain, 'good')])
    expect(await client.latest()).toMatchObject({ ok: true, value: { header: { height: 60 } } })
    expect(client.newest.height).toBe(60)
  })

  it('wants a root that somebody really has', async () => {
    const chain = chainOf()
    expect(await trustRoot([serve(chain)], rules, { height: 50, hash: sha256(utf8('another')) })).toMatchObject({
      error: { code: 'LIGHT_ROOT_WRONG' },
    })
  })
})

describe('what it does not believe', () => {
  const altered = (change: (block: LightBlock) => LightBlock) => (height: number, block: LightBlock) =>
    height === 60 ? change(block) : block
  const cases: [string, RejectionCode, Partial<LightClientOptions>, (block: LightBlock) => LightBlock][] = [
    ['a root past its period', 'LIGHT_TRUST_EXPIRED', { rules: { ...rules, periodMs: hour } }, (block) => block],
    ['a header from the future', 'LIGHT_FROM_FUTURE', { now: () => genesisTime }, (block) => block],
    [
      'a header of another chain',
      'BLOCK_WRONG_CHAIN',
      {},
      (block) => ({ ...block, header: { ...block.header, chainId: sha256(utf8('x')) } }),
    ],
    [
      'a header that the commit is not of',
      'LIGHT_BLOCK_MALFORMED',
      {},
      (block) => ({ ...block, header: { ...block.header, time: block.header.time + 1 } }),
    ],
    [
      'validators that the header does not name',
      'LIGHT_BLOCK_MALFORMED',
      {},
      (block) => ({ ...block, validators: block.validators.slice(1) }),
    ],
    ['a set out of order', 'VALIDATORS_MALFORMED', {}, (block) => ({ ...block, validators: block.validators.toReversed() })],
    [
      'too few signers',
      'CERTIFICATE_NO_QUORUM',
      {},
      (block) => ({ ...block, commit: { ...block.commit, signers: bitmapOf([0, 1], 4) } }),
    ],
    [
      'signers who did not sign',
      'SIGNATURE_INVALID',
      {},
      (block) => ({ ...block, commit: { ...block.commit, signers: bitmapOf([0, 1, 2], 4) } }),
    ],
    [
      'a bitmap beyond the set',
      'CERTIFICATE_MALFORMED',
      {},
      (block) => ({ ...block, commit: { ...block.commit, signers: Uint8Array.of(0xff) } }),
    ],
  ]
  it.each(cases)('%s: %s', async (_, code, more, change) => {
    const chain = chainOf()
    expect(await clientOf(chain.genesis, [serve(chain, 'liar', altered(change))], more).verified(60)).toMatchObject({
      ok: false,
      error: { code },
    })
  })

  it('another height than was asked for', async () => {
    const chain = chainOf()
    const liar: LightProvider = { name: 'liar', lightBlock: async () => ok(chain.lightBlock(7)) }
    expect(await clientOf(chain.genesis, [liar]).verified(60)).toMatchObject({ error: { code: 'LIGHT_WRONG_HEIGHT' } })
  })

  it('a key chosen so that its owner alone signs for validators who never did', async () => {
    const chain = chainOf({ heights: 2 })
    const { G1 } = bls12_381
    const attacker = blsKeypair(sha256(utf8('attacker')))
    const honest = chain.genesis.next.validators.map(({ consensusKey }) => G1.Point.fromBytes(consensusKey))
    const rogue = honest.reduce((rest, key) => rest.subtract(key), G1.Point.fromBytes(attacker.publicKey)).toBytes()
    const set = validatorSet([...chain.genesis.next.validators, { consensusKey: rogue, power: 1n }])
    const header = {
      ...chain.lightBlock(2).header,
      validatorsHash: validatorSetHash(set),
      nextValidatorsHash: validatorSetHash(set),
      appHash: sha256(utf8('all is mine')),
    }
    const message = voteSignBytes(madeChainId, { kind: precommit, height: 2, round: 0, blockHash: blockHash(header) })
    const signature = blsSign(attacker, message)
    const signers = [0, 1, 2, 3, 4]
    const forged: LightBlock = {
      header,
      commit: { height: 2, round: 0, blockHash: blockHash(header), signers: bitmapOf(signers, 5), signature },
      validators: set.validators,
      nextValidators: undefined,
      possessions: [],
    }
    const keys = set.validators.map(({ consensusKey }) => consensusKey)
    expect(blsFastAggregateVerify(keys, message, signature), 'the sum of the keys verifies').toBe(true)
    const step = async (possessions: LightBlock['possessions']) => {
      const untrusted = readLightBlock(madeChainId, { ...forged, possessions })
      if (!untrusted.ok) throw new Error(untrusted.error.code)
      return verifyLightBlock({ trusted: chain.genesis, untrusted: untrusted.value, rules, now }, checkBls)
    }
    expect(await step([])).toEqual({ type: 'NOT_ENOUGH_TRUST' })
    const proof = blsSign(attacker, sha256(utf8('possession')))
    expect(await step([{ consensusKey: rogue, operator: undefined, proof }])).toMatchObject({
      type: 'INVALID',
      rejection: { code: 'LIGHT_POSSESSION_INVALID' },
    })
  })
})

describe('witnesses', () => {
  const lie = sha256(utf8('another history'))
  const branch = (from: number, more: Partial<MadeChainOptions> = {}) =>
    chainOf({ header: (height, header) => (height >= from ? { ...header, appHash: lie } : header), ...more })

  it.each<[string, Partial<MadeChainOptions>, object]>([
    ['signers who signed both in one round', { signers: () => [1, 2, 3] }, { kind: 'equivocation', convicted: 3, suspects: 0 }],
    [
      'signers of different rounds',
      { round: () => 2, header: (height, header) => (height >= 33 ? { ...header, transactionsRoot: lie } : header) },
      { kind: 'amnesia', convicted: 0, suspects: 4 },
    ],
    ['signers of another outcome in another round', { round: () => 2 }, { kind: 'lunatic', convicted: 4, suspects: 0 }],
  ])('a fork at the height where it begins: %s', async (_, more, found) => {
    const chain = chainOf()
    const client = clientOf(chain.genesis, [serve(chain), serve(branch(33, more), 'other')])
    const answer = await client.verified(60)
    expect(answer).toMatchObject({ ok: false, error: { code: 'LIGHT_FORK' } })
    const { kind, first, convicted, suspects } = client.attack!
    expect({ kind, convicted: convicted.length, suspects: suspects.length }).toEqual(found)
    expect(first.header.height).toBe(33)
    expect(await client.verified(5)).toMatchObject({ error: { code: 'LIGHT_FORK' } })
    expect(client.newest.height).toBe(0)
  })

  it('a header of validators who were none convicts those trusted who signed it and the chain', async () => {
    const chain = chainOf()
    const mine = validatorSet([...chain.genesis.next.validators, { consensusKey: madeKey(999).publicKey, power: 1000n }])
    const lunatic = chainOf({
      set: (height, set) => (height >= 60 ? mine : set),
      header: (_, header) => ({ ...header, appHash: lie }),
    })
    const only = serve(lunatic, 'lunatic', (height, block) => (height === 60 ? block : undefined))
    const answer = await clientOf(chain.genesis, [serve(chain), only]).verified(60)
    // It cannot show where it parted from the chain, so it convinces of nothing but itself.
    expect(answer).toMatchObject({ error: { code: 'LIGHT_FORK', attack: { kind: 'lunatic' } } })
  })

  it('who shows another block that does not hold is no witness', async () => {
    const chain = chainOf()
    const accused: string[] = []
    const liar = serve(branch(33, { signers: () => [0, 1] }), 'liar')
    const client = clientOf(chain.genesis, [serve(chain), liar], { onFalse: ({ name }) => accused.push(name) })
    expect(await client.verified(60)).toMatchObject({ ok: true })
    expect(accused).toEqual(['liar'])
  })

  it('silence is none, where a witness is wanted', async () => {
    const chain = chainOf()
    const silent = serve(chain, 'silent', () => undefined)
    expect(await clientOf(chain.genesis, [serve(chain), silent], { witnessesMin: 1 }).verified(60)).toMatchObject({
      error: { code: 'LIGHT_UNCONFIRMED' },
    })
    expect(await clientOf(chain.genesis, [serve(chain), serve(chain, 'good')], { witnessesMin: 1 }).verified(60)).toMatchObject({
      ok: true,
    })
  })
})
