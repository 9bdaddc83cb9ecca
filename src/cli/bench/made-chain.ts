import { bitmapOf } from '../../chain/bitmap.ts'
import { blockHash, type Header } from '../../chain/header.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { type ValidatorSet, validatorSet, validatorSetHash } from '../../chain/validator-set.ts'
import { precommit, voteSignBytes } from '../../chain/vote.ts'
import { aggregateSignatures, type BlsKeypair, blsKeypair, blsSign, provePossession } from '../../crypto/bls.ts'
import { type Hash, sha256, taggedHash } from '../../crypto/hash.ts'
import { changesMax, type LightBlock } from '../../light/light-block.ts'
import { genesisTrust, type TrustedBlock } from '../../light/trust.ts'
import { bytesEqual, bytesKey, concatBytes, utf8 } from '../../primitives/bytes.ts'

/** A chain of headers without blocks behind them, signed by validators who come and go: what light clients are measured and tested on. */
export interface MadeChain {
  readonly chainId: ChainId
  readonly genesis: TrustedBlock
  readonly heights: number
  lightBlock(height: number): LightBlock
  hashAt(height: number): Hash
  /** Heights above one after which other validators decide. */
  changesAbove(height: number): readonly number[]
}

export interface MadeChainOptions {
  readonly heights: number
  readonly validators: number
  /** Every so many heights `replaced` validators make way for new ones; never unless given. */
  readonly changedEvery?: number
  readonly replaced?: number
  /** Milliseconds between blocks. */
  readonly intervalMs?: number
  readonly genesisTime: number
  /** Where it differs from the chain that the other options make. */
  readonly header?: (height: number, header: Header) => Header
  readonly set?: (height: number, set: ValidatorSet) => ValidatorSet
  readonly signers?: (height: number, set: ValidatorSet) => readonly number[]
  readonly round?: (height: number) => number
}

export const madeChainId: ChainId = taggedHash('synod/made-chain')
const keypairs = new Map<string, BlsKeypair>()

/** The validator of a number, the same in every chain. */
export function madeKey(number: number): BlsKeypair {
  const keypair = blsKeypair(sha256(utf8(`validator ${number}`)))
  keypairs.set(bytesKey(keypair.publicKey), keypair)
  return keypair
}

export function makeChain(options: MadeChainOptions): MadeChain {
  const { heights, genesisTime, intervalMs = 1000 } = options
  const setAt = setsOf(options)
  const headers: Header[] = []
  const hashes: Hash[] = [madeChainId]
  for (let height = 1; height <= heights; height++) {
    const validators = setAt(height)
    const made = plainHeader({ height, time: genesisTime + height * intervalMs, validators, next: setAt(height + 1) })
    const header = (options.header ?? ((_, same) => same))(height, { ...made, previousHash: hashes[height - 1] as Hash })
    headers.push(header)
    hashes.push(blockHash(header))
  }

  // Signing for a whole set takes longer than following the chain does.
  const signatures = new Map<number, Uint8Array>()

  function lightBlock(height: number): LightBlock {
    const header = headers[height - 1] as Header
    const set = setAt(height)
    const next = setAt(height + 1)
    const places = options.signers?.(height, set) ?? [...set.validators.keys()]
    const round = options.round?.(height) ?? 0
    const hash = hashes[height] as Hash
    const message = voteSignBytes(madeChainId, { kind: precommit, height, round, blockHash: hash })
    const keys = set.validators.map(({ consensusKey }) => keypairs.get(bytesKey(consensusKey)) as BlsKeypair)
    const sign = () => aggregateSignatures(places.map((place) => blsSign(keys[place] as BlsKeypair, message)))
    const signature = signatures.get(height) ?? sign()
    signatures.set(height, signature)
    return {
      header,
      commit: { height, round, blockHash: hash, signers: bitmapOf(places, set.validators.length), signature },
      validators: set.validators,
      nextValidators: next === set ? undefined : next.validators,
      possessions: keys.map((key) => ({ consensusKey: key.publicKey, operator: undefined, proof: possessionOf(key) })),
    }
  }

  const genesis = genesisTrust({ chainId: madeChainId, time: genesisTime, validators: setAt(1) })
  function changesAbove(height: number): readonly number[] {
    const above = headers.filter((header) => header.height > height)
    const changing = above.filter(({ validatorsHash, nextValidatorsHash }) => !bytesEqual(validatorsHash, nextValidatorsHash))
    return changing.map((header) => header.height).slice(0, changesMax)
  }
  return { chainId: madeChainId, genesis, heights, lightBlock, hashAt: (height) => hashes[height] as Hash, changesAbove }
}

/** Sets by height, one value for each that is the same. */
function setsOf({ validators, changedEvery = 0, replaced = 1, set }: MadeChainOptions): (height: number) => ValidatorSet {
  const eras = new Map<number, ValidatorSet>()
  function plain(height: number): ValidatorSet {
    const era = changedEvery === 0 ? 0 : Math.floor((height - 1) / changedEvery)
    const known = eras.get(era)
    if (known) return known
    const numbers = Array.from({ length: validators }, (_, index) => era * replaced + index)
    const made = validatorSet(numbers.map((number) => ({ consensusKey: madeKey(number).publicKey, power: 10n })))
    eras.set(era, made)
    return made
  }
  return (height) => (set ? set(height, plain(height)) : plain(height))
}

function plainHeader(given: { height: number; time: number; validators: ValidatorSet; next: ValidatorSet }): Header {
  const { height, time, validators, next } = given
  const filler = taggedHash('synod/made-header', concatBytes(utf8(String(height))))
  return {
    version: 1,
    chainId: madeChainId,
    height,
    time,
    previousHash: filler,
    previousCommitHash: filler,
    transactionsRoot: filler,
    validatorsHash: validatorSetHash(validators),
    nextValidatorsHash: validatorSetHash(next),
    parametersHash: madeChainId,
    appHash: filler,
    resultsHash: filler,
    evidenceHash: filler,
    orderHash: filler,
    proposer: validators.validators[0]?.consensusKey as Uint8Array,
  }
}

const possessions = new Map<BlsKeypair, Uint8Array>()

function possessionOf(key: BlsKeypair): Uint8Array {
  const known = possessions.get(key) ?? provePossession(key)
  possessions.set(key, known)
  return known
}
