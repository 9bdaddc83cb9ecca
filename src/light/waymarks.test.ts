import { bls12_381 } from '@noble/curves/bls12-381.js'
import { describe, expect, it } from 'vitest'
import { bitmapOf } from '../chain/bitmap.ts'
import { blockHash } from '../chain/header.ts'
import { validatorSet, validatorSetHash } from '../chain/validator-set.ts'
import { precommit, voteSignBytes } from '../chain/vote.ts'
import { type MadeChain, madeChainId, makeChain } from '../cli/bench/made-chain.ts'
import { blsKeypair, blsSign, blsVerifyBatch } from '../crypto/bls.ts'
import { sha256 } from '../crypto/hash.ts'
import { bytesEqual, utf8 } from '../primitives/bytes.ts'
import { ok, reject } from '../primitives/result.ts'
import { changesMax, type LightBlock } from './light-block.ts'
import { createLightClient } from './light-client.ts'
import type { LightProvider } from './provider.ts'
import { oneThird } from './trust.ts'
import { createTrustStore } from './trust-store.ts'

const genesisTime = 1_700_000_000_000
const rules = { chainId: madeChainId, level: oneThird, periodMs: 1e9, clockDriftMs: 0 }

/** Ten of thirty validators make way every ten heights. */
const chain = makeChain({ heights: 60, validators: 30, changedEvery: 10, replaced: 10, genesisTime })

function follow(
  changes: LightProvider['changes'],
  from: MadeChain = chain,
  alter = (block: LightBlock): LightBlock | undefined => block,
) {
  const asked: number[] = []
  const counted = { proofs: 0 }
  const provider: LightProvider = {
    name: 'node',
    async lightBlock(height) {
      asked.push(height as number)
      const block = alter(from.lightBlock(height as number))
      return block ? ok(block) : reject('LIGHT_NOT_HELD', `height ${height}`)
    },
    ...(changes && { changes }),
  }
  const store = createTrustStore()
  store.add(from.genesis)
  const client = createLightClient({
    rules,
    store,
    providers: [provider],
    async checkBls(items) {
      // A proof of possession is checked under a validator's own key, a commit under a sum of keys.
      counted.proofs += items.filter(({ publicKey }) => isValidator(from, publicKey)).length
      return blsVerifyBatch(items)
    },
    now: () => genesisTime + 1e6,
  })
  return { client, asked, counted }
}

function isValidator({ lightBlock, heights }: MadeChain, key: Uint8Array): boolean {
  const eras = Array.from({ length: heights / 10 }, (_, era) => era * 10 + 1)
  return eras.some((height) => lightBlock(height).validators.some(({ consensusKey }) => bytesEqual(consensusKey, key)))
}

const arrives = async (way: ReturnType<typeof follow>, from = chain, height = 60): Promise<boolean> => {
  const found = await way.client.verified(height)
  return found.ok && bytesEqual(found.value.hash, from.hashAt(height))
}

describe('heights at which validators change', () => {
  it('are gone by where that is cheaper than the proofs of those who are new, each once', async () => {
    const marked = follow(async (height) => chain.changesAbove(height))
    const unmarked = follow(undefined)
    expect(await arrives(marked)).toBe(true)
    expect(await arrives(unmarked)).toBe(true)
    expect(marked.counted.proofs).toBe(0)
    expect(unmarked.counted.proofs).toBeGreaterThan(0)
    expect(marked.asked.toSorted((a, b) => a - b)).toEqual([10, 20, 30, 40, 50, 60])
  })

  it('are passed over where proofs are cheaper', async () => {
    const slow = makeChain({ heights: 60, validators: 8, changedEvery: 20, replaced: 1, genesisTime })
    const way = follow(async (height) => slow.changesAbove(height), slow)
    expect(await arrives(way, slow)).toBe(true)
    expect(way.asked).toEqual([60])
    expect(way.counted.proofs).toBe(2)
  })

  const lies: [string, LightProvider['changes']][] = [
    ['none', async () => []],
    ['every height', async (height) => Array.from({ length: 59 - height }, (_, index) => height + 1 + index)],
    ['out of order', async () => [50, 10, 20]],
    ['of the past and of the future', async () => [-5, 0, 61, 1e15]],
    ['other heights than those', async () => [3, 7, 33, 59]],
    ['more than an answer holds', async () => Array.from({ length: changesMax + 9 }, (_, index) => index + 1)],
  ]
  it.each(lies)('told falsely, %s, lead to the same block', async (_, changes) => {
    expect(await arrives(follow(changes))).toBe(true)
  })

  it('whose blocks nobody has are done without', async () => {
    const bare = follow(
      async (height) => chain.changesAbove(height),
      chain,
      (block) => (block.header.height % 10 === 0 ? undefined : block),
    )
    expect(await arrives(bare, chain, 59)).toBe(true)
  })
})

it('a marked header in which a key cancels those of honest validators convinces of nothing', async () => {
  const attacker = blsKeypair(sha256(utf8('attacker')))
  const honest = chain.genesis.next.validators
  const sum = honest.map(({ consensusKey }) => bls12_381.G1.Point.fromBytes(consensusKey))
  const rogue = sum.reduce((rest, key) => rest.subtract(key), bls12_381.G1.Point.fromBytes(attacker.publicKey)).toBytes()
  const set = validatorSet([...honest, { consensusKey: rogue, power: 1n }])
  const forge = (block: LightBlock): LightBlock => {
    if (block.header.height !== 10) return block
    const hash = validatorSetHash(set)
    const header = { ...block.header, validatorsHash: hash, nextValidatorsHash: hash }
    const message = voteSignBytes(madeChainId, { kind: precommit, height: 10, round: 0, blockHash: blockHash(header) })
    const signers = bitmapOf([...set.validators.keys()], set.validators.length)
    const commit = { height: 10, round: 0, blockHash: blockHash(header), signers, signature: blsSign(attacker, message) }
    return { header, commit, validators: set.validators, nextValidators: undefined, possessions: block.possessions }
  }
  const { client } = follow(async (height) => chain.changesAbove(height), chain, forge)
  expect(await client.verified(60)).toMatchObject({ ok: false, error: { code: 'LIGHT_WRONG_VALIDATORS' } })
})
