import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bitmapOf } from '../chain/bitmap.ts'
import { blockHash, type Header } from '../chain/header.ts'
import { validatorSet, validatorSetHash } from '../chain/validator-set.ts'
import { precommit, voteSignBytes } from '../chain/vote.ts'
import { aggregateSignatures, type BlsKeypair, blsKeypair, blsSign, blsVerifyBatch, provePossession } from '../crypto/bls.ts'
import { sha256 } from '../crypto/hash.ts'
import { bytesEqual, utf8 } from '../primitives/bytes.ts'
import { type ConsistentBlock, type LightBlock, readLightBlock } from './light-block.ts'
import { oneThird, type TrustedBlock, trustedOf } from './trust.ts'
import { type Verdict, verifyLightBlock } from './verify-light-block.ts'

/**
 * Verdicts of a model of the light client, made with Tendermint's headers. Theirs are abstract, ids and powers and times, so each is built
 * and signed again as a header of ours, and must come to the same verdict.
 */
const folder = join(import.meta.dirname, '../../../shared/vectors/light-client')
const present = existsSync(folder)
if (!present) describe.skip(`light-client vectors: ${folder} is not on this machine`, () => it('', () => undefined))

interface Member {
  readonly id: string
  readonly voting_power: number
}
interface AbstractHeader {
  readonly validators: readonly Member[]
  readonly next_validators: readonly Member[]
  readonly height: number
  readonly time: number
}
interface Vector {
  readonly initial: {
    readonly signed_header: { readonly header: { readonly height: string; readonly time: string } }
    readonly next_validator_set: { readonly validators: readonly { readonly address: string; readonly voting_power: string }[] }
    readonly trusting_period: string
    readonly now: string
  }
  readonly input: readonly {
    readonly block: {
      readonly signed_header: { readonly header: { readonly height: string; readonly time: string } }
      readonly validator_set: { readonly validators: readonly { readonly address: string }[] }
      readonly next_validator_set: { readonly validators: readonly { readonly address: string }[] }
    }
    readonly testgen_block: {
      readonly header: AbstractHeader
      readonly commit: { readonly votes: readonly { readonly validator: Member; readonly header: AbstractHeader }[] }
    }
    readonly now: string
    readonly verdict: Verdict['type']
  }[]
}

const chainId = sha256(utf8('light client vectors'))
const keys = new Map<string, BlsKeypair>()
function keyOf(id: string): BlsKeypair {
  const known = keys.get(id) ?? blsKeypair(sha256(utf8(id)))
  keys.set(id, known)
  return known
}
/** The model has sets of nobody, which no header of ours can name: as the next set, where nothing depends on it, one member stands in. */
const setOf = (members: readonly Member[]) =>
  validatorSet(
    (members.length > 0 ? members : [{ id: 'nobody', voting_power: 1 }]).map(({ id, voting_power }) => ({
      consensusKey: keyOf(id).publicKey,
      power: BigInt(voting_power),
    })),
  )

function headerOf(abstract: AbstractHeader, timeMs: number, previousHash: Uint8Array): Header {
  const nothing = new Uint8Array(32)
  const validators = setOf(abstract.validators)
  return {
    version: 1,
    chainId,
    height: abstract.height,
    time: timeMs,
    previousHash,
    previousCommitHash: nothing,
    transactionsRoot: nothing,
    validatorsHash: validatorSetHash(validators),
    nextValidatorsHash: validatorSetHash(setOf(abstract.next_validators)),
    parametersHash: nothing,
    appHash: nothing,
    resultsHash: nothing,
    evidenceHash: nothing,
    orderHash: nothing,
    proposer: validators.validators[0]!.consensusKey,
  }
}

/** Votes of those who are not in the set cannot be said in a bitmap; a vote for another header is a signature that does not hold. */
function lightBlockOf(step: Vector['input'][number], trusted: TrustedBlock): LightBlock {
  const { header: abstract, commit } = step.testgen_block
  const header = headerOf(abstract, Date.parse(step.block.signed_header.header.time), trusted.hash)
  const { validators } = setOf(abstract.validators)
  const hash = blockHash(header)
  const votes = commit.votes.flatMap((vote) => {
    const { publicKey } = keyOf(vote.validator.id)
    const place = validators.findIndex(({ consensusKey }) => bytesEqual(consensusKey, publicKey))
    const same = JSON.stringify(vote.header) === JSON.stringify(abstract)
    const message = voteSignBytes(chainId, {
      kind: precommit,
      height: header.height,
      round: 0,
      blockHash: same ? hash : sha256(hash),
    })
    return place < 0 ? [] : [{ place, signature: blsSign(keyOf(vote.validator.id), message) }]
  })
  return {
    header,
    commit: {
      height: header.height,
      round: 0,
      blockHash: hash,
      signers: bitmapOf(
        votes.map(({ place }) => place),
        validators.length,
      ),
      signature: votes.length > 0 ? aggregateSignatures(votes.map(({ signature }) => signature)) : new Uint8Array(96),
    },
    validators: abstract.validators.length > 0 ? validators : [],
    nextValidators: setOf(abstract.next_validators).validators,
    possessions: abstract.validators.map(({ id }) => ({
      consensusKey: keyOf(id).publicKey,
      operator: undefined,
      proof: provePossession(keyOf(id)),
    })),
  }
}

/** Names the members of the first trusted set, of which only addresses are told, by those of later blocks, told both ways. */
function namesOf({ input }: Vector): Map<string, string> {
  const names = new Map<string, string>()
  for (const { block, testgen_block } of input) {
    const pairs = [
      [block.validator_set.validators, testgen_block.header.validators],
      [block.next_validator_set.validators, testgen_block.header.next_validators],
    ] as const
    for (const [real, abstract] of pairs)
      for (const [index, { address }] of real.entries()) names.set(address, abstract[index]!.id)
  }
  return names
}

describe.skipIf(!present)('the verdicts of the model', () => {
  const files = present ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []

  it.each(files)('%s', async (file) => {
    const vector = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Vector
    const names = namesOf(vector)
    const { initial } = vector
    const next = initial.next_validator_set.validators.map(({ address, voting_power }) => ({
      id: names.get(address) ?? address,
      voting_power: Number(voting_power),
    }))
    let trusted: TrustedBlock = {
      height: Number(initial.signed_header.header.height),
      hash: sha256(utf8('trusted')),
      time: Date.parse(initial.signed_header.header.time),
      next: setOf(next),
    }
    const rules = { chainId, level: oneThird, periodMs: Number(initial.trusting_period) / 1e6, clockDriftMs: 0 }
    for (const step of vector.input) {
      const untrusted = readLightBlock(chainId, lightBlockOf(step, trusted))
      const now = Date.parse(step.now)
      const verdict = untrusted.ok
        ? await verifyLightBlock({ trusted, untrusted: untrusted.value, rules, now }, async (items) => blsVerifyBatch(items))
        : { type: 'INVALID' as const }
      expect(verdict, `height ${step.testgen_block.header.height}`).toMatchObject({ type: step.verdict })
      if (verdict.type === 'SUCCESS') trusted = trustedOf((untrusted as { value: ConsistentBlock }).value)
    }
  })

  it('there are vectors of every verdict', () => {
    const verdicts = files.flatMap((file) =>
      (JSON.parse(readFileSync(join(folder, file), 'utf8')) as Vector).input.map(({ verdict }) => verdict),
    )
    expect([...new Set(verdicts)].sort((a, b) => a.localeCompare(b))).toEqual(['INVALID', 'NOT_ENOUGH_TRUST', 'SUCCESS'])
    expect(files).toHaveLength(20)
  })
})
