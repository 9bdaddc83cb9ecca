/** Validators with real keys, and the blocks, votes and proposals that they sign. Signatures are remembered: they are deterministic. */

import { bitmapOf } from '../../src/chain/bitmap.ts'
import type { ProposedBlock } from '../../src/chain/block.ts'
import { orderHash } from '../../src/chain/block.ts'
import type { Certificate } from '../../src/chain/certificate.ts'
import { type ConsensusParameters, consensusParametersSchema } from '../../src/chain/chain-spec.ts'
import { evidenceHash } from '../../src/chain/evidence.ts'
import { blockHash } from '../../src/chain/header.ts'
import { type Proposal, proposalSignBytes, type SignedProposal } from '../../src/chain/proposal.ts'
import { type ValidatorSet, validatorSet } from '../../src/chain/validator-set.ts'
import { type SignedVote, type Vote, type VoteKind, voteSignBytes } from '../../src/chain/vote.ts'
import { aggregateSignatures, type BlsKeypair, blsKeypair, blsSign } from '../../src/crypto/bls.ts'
import { type Hash, sha256, taggedHash } from '../../src/crypto/hash.ts'
import { ownSignature, type Verified } from '../../src/crypto/verified.ts'
import { type Bytes, toHex, utf8 } from '../../src/primitives/bytes.ts'

export const chainId: Hash = taggedHash('synod/test', utf8('a chain'))
export const genesisTime = 1_700_000_000_000
const none = new Uint8Array(32) as Hash

export const parameters: ConsensusParameters = consensusParametersSchema.parse({ interval_ms: 0 })

export interface Committee {
  readonly set: ValidatorSet
  readonly keys: readonly BlsKeypair[]
}

/** Validators in set order with these powers. */
export function committee(powers: readonly bigint[]): Committee {
  const keys = powers
    .map((_, index) => keypair(index))
    .sort((left, right) => (toHex(left.publicKey) < toHex(right.publicKey) ? -1 : 1))
  return {
    keys,
    set: validatorSet(keys.map(({ publicKey: consensusKey }, index) => ({ consensusKey, power: powers[index] as bigint }))),
  }
}

export function equals(count: number): Committee {
  return committee(Array.from({ length: count }, () => 1n))
}

const keypairs = new Map<number, BlsKeypair>()
const signatures = new Map<string, Bytes>()

function keypair(index: number): BlsKeypair {
  const known = keypairs.get(index) ?? blsKeypair(sha256(Uint8Array.of(index)))
  keypairs.set(index, known)
  return known
}

function sign(key: BlsKeypair, message: Bytes): Bytes {
  const name = toHex(key.publicKey).slice(0, 16) + toHex(message)
  const known = signatures.get(name) ?? blsSign(key, message)
  signatures.set(name, known)
  return known
}

export function signVote({ keys }: Committee, validator: number, vote: Vote): Verified<SignedVote> {
  return ownSignature({ vote, validator, signature: sign(keys[validator] as BlsKeypair, voteSignBytes(chainId, vote)) })
}

export function signProposal(
  { keys }: Committee,
  proposer: number,
  proposal: Proposal,
  block: ProposedBlock,
): Verified<SignedProposal> {
  return ownSignature({ proposal, block, signature: sign(keys[proposer] as BlsKeypair, proposalSignBytes(chainId, proposal)) })
}

export function certificate(
  of: Committee,
  vote: { kind: VoteKind; height: number; round: number; blockHash: Hash | undefined },
  signers: readonly number[],
): Verified<Certificate> {
  const single = signers.map((validator) => signVote(of, validator, vote).signature)
  return ownSignature({ ...vote, signers: bitmapOf(signers, of.set.validators.length), signature: aggregateSignatures(single) })
}

/** A block that differs from others by its salt. */
export function testBlock(
  of: Committee,
  {
    height = 1,
    time = genesisTime + 1,
    proposer = 0,
    salt = '',
  }: { height?: number; time?: number; proposer?: number; salt?: string },
): { readonly block: ProposedBlock; readonly hash: Hash } {
  const order = { batches: [], runs: [] }
  const header = {
    version: 1,
    chainId,
    height,
    time,
    previousHash: none,
    previousCommitHash: none,
    transactionsRoot: none,
    validatorsHash: none,
    nextValidatorsHash: none,
    parametersHash: none,
    appHash: sha256(utf8(salt)),
    resultsHash: none,
    evidenceHash: evidenceHash([]),
    orderHash: orderHash(order),
    proposer: (of.keys[proposer] as BlsKeypair).publicKey,
  }
  return { block: { header, lastCommit: undefined, evidence: [], order }, hash: blockHash(header) }
}
