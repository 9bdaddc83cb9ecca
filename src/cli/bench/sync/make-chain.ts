import type { Application } from '../../../application/application.ts'
import { bitmapOf } from '../../../chain/bitmap.ts'
import { type Block, noCommitHash, orderHash, transactionId } from '../../../chain/block.ts'
import { type Commit, commitHash } from '../../../chain/certificate.ts'
import { type ChainSpec, chainIdOf, parametersHash } from '../../../chain/chain-spec.ts'
import { evidenceHash } from '../../../chain/evidence.ts'
import { genesisOf } from '../../../chain/genesis.ts'
import { blockHash, type Header } from '../../../chain/header.ts'
import { protocolVersionKnown } from '../../../chain/protocol-version.ts'
import { validatorSetHash } from '../../../chain/validator-set.ts'
import { precommit, voteSignBytes } from '../../../chain/vote.ts'
import { type BlsKeypair, blsKeypair, blsSign } from '../../../crypto/bls.ts'
import type { Hash } from '../../../crypto/hash.ts'
import { type Chain, openChain } from '../../../engine/chain.ts'
import { createWriteBehind } from '../../../engine/write-behind.ts'
import { openDataDirectory } from '../../../node/data-directory.ts'
import { type Bytes, toHex } from '../../../primitives/bytes.ts'

export interface MadeChain {
  readonly height: number
  /** What executing and storing took of it, without making transactions and signing. */
  readonly executedMs: number
}

/** Writes a valid chain into a data directory, as fast as one process can that holds the keys of all validators. */
export async function makeChain(options: {
  readonly directory: string
  readonly spec: ChainSpec
  readonly application: Application
  readonly validatorSeeds: readonly Bytes[]
  readonly blocks: number
  readonly perBlock: number
  readonly transaction: () => Bytes
  /** How many of the newest blocks stay; all of them unless given. */
  readonly blocksRetained?: number
  /** Called after each block that ends a thousand. */
  readonly onThousand?: (height: number) => Promise<void>
}): Promise<MadeChain> {
  const { spec, application, perBlock } = options
  const { disk, release } = await openDataDirectory(options.directory)
  const store = createWriteBehind(await disk.openStore('chain'))
  store.hold()
  const chainId = chainIdOf(spec)
  const genesis = genesisOf(spec)
  const chain = await openChain({
    store,
    spec,
    chainId,
    application,
    genesis,
    stateVersionsKept: 10,
    blocksRetained: options.blocksRetained,
  })
  const everybody = sumOfKeys(options.validatorSeeds.map(blsKeypair))
  const common = { chainId, spec, application, everybody, validators: options.validatorSeeds.length }
  let executedMs = 0
  for (let height = 1; height <= options.blocks; height++) {
    const transactions = Array.from({ length: perBlock }, options.transaction)
    executedMs += await addBlock(chain, common, transactions)
    if (height % 1000 === 0) await options.onThousand?.(height)
    // The store puts what was written on disk beside this.
    if (height % 64 === 0) await new Promise((resume) => setImmediate(resume))
  }
  await store.release()
  await store.close()
  await release()
  return { height: options.blocks, executedMs }
}

interface Common {
  readonly chainId: Hash
  readonly spec: ChainSpec
  readonly application: Application
  readonly everybody: BlsKeypair
  readonly validators: number
}

async function addBlock(chain: Chain, common: Common, encoded: readonly Bytes[]): Promise<number> {
  const { chainId, application } = common
  const tip = chain.tip()
  const time = tip.time + 1
  const proposer = tip.validators.validators[0]?.consensusKey as Bytes
  const startedAt = performance.now()
  const transactions = encoded.map((bytes) => {
    const decoded = application.decodeTransaction(bytes)
    if (!decoded.ok) throw new Error(`the bench made a transaction that cannot be read: ${decoded.error.code}`)
    return { ...decoded.value, id: transactionId(bytes), encoded: bytes }
  })
  const executed = chain.execute({ time, proposer, lastCommit: tip.commit, evidence: [], transactions })
  const executedMs = performance.now() - startedAt
  const header: Header = {
    version: protocolVersionKnown,
    chainId,
    height: tip.height + 1,
    time,
    previousHash: tip.hash,
    previousCommitHash: tip.commit ? commitHash(tip.commit) : noCommitHash,
    transactionsRoot: executed.transactionsRoot,
    validatorsHash: validatorSetHash(tip.validators),
    nextValidatorsHash: executed.nextValidatorsHash,
    parametersHash: parametersHash(common.spec),
    appHash: executed.appHash,
    resultsHash: executed.resultsRoot,
    orderHash: orderHash({ batches: [], runs: [] }),
    evidenceHash: evidenceHash([]),
    proposer,
  }
  const block: Block = { header, lastCommit: tip.commit, evidence: [], transactions: encoded }
  const commit = commitOf(common, header.height, blockHash(header))
  const committedAt = performance.now()
  await chain.commit(block, commit, executed)
  return executedMs + performance.now() - committedAt
}

/** One signature by the sum of all secret keys is what aggregating theirs would give. */
function commitOf({ chainId, everybody, validators }: Common, height: number, hash: Hash): Commit {
  const message = voteSignBytes(chainId, { kind: precommit, height, round: 0, blockHash: hash })
  const signers = bitmapOf([...Array(validators).keys()], validators)
  return { height, round: 0, blockHash: hash, signers, signature: blsSign(everybody, message) }
}

/** Of the scalar field of BLS12-381. */
const order = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n

function sumOfKeys(keypairs: readonly BlsKeypair[]): BlsKeypair {
  const sum = keypairs.reduce((total, { secretKey }) => (total + BigInt(`0x${toHex(secretKey)}`)) % order, 0n)
  const secretKey = Uint8Array.from(Buffer.from(sum.toString(16).padStart(64, '0'), 'hex'))
  return { secretKey, publicKey: new Uint8Array(0) }
}
