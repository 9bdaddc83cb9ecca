import { transactionResultSchema } from '../../application/application.ts'
import { commitHash } from '../../chain/certificate.ts'
import { type ValidatorSet, validatorSet, validatorSetHash } from '../../chain/validator-set.ts'
import { precommit, voteSignBytes } from '../../chain/vote.ts'
import { aggregatePublicKeys } from '../../crypto/bls.ts'
import { encode } from '../../codec/codec.ts'
import type { Hash } from '../../crypto/hash.ts'
import { merkleRoot } from '../../crypto/merkle.ts'
import type { NodeEvent, SynodNode } from '../../engine/synod-node.ts'
import { bytesEqual, bytesKey, toHex } from '../../primitives/bytes.ts'
import type { SimulatedChain } from '../simulated-chain.ts'
import type { SignatureOracle } from '../simulated-verifier.ts'
import { hasSigned, haveQuorum } from './quorum.ts'
import type { CheckName, Violation } from './violation.ts'

export type FinalBlock = NodeEvent & { readonly type: 'block' }

/** Compares every block that any honest node makes final with what the others have, and with what may be in it. */
export interface FinalBlocks {
  final(id: string, node: SynodNode, event: FinalBlock): Violation | undefined
  /** A node is up again: it must still have all that it ever made final. */
  started(id: string, node: SynodNode): Violation | undefined
  /** The highest final block. */
  readonly height: number
  /** How many transactions are final. */
  readonly transactions: number
  includes(transaction: Hash): boolean
  /** Who decides a height, as far as the chain has come. */
  validatorsAt(height: number): ValidatorSet | undefined
  /** Consensus keys, in hexadecimal, of whom some block has accused. */
  readonly accused: ReadonlySet<string>
}

/** How wrong an honest clock may be in a simulation. */
export const skewMaxMs = 400

interface Decided {
  readonly hash: Hash
  readonly appHash: Hash
  readonly by: string
}

export function createFinalBlocks(options: {
  readonly chain: SimulatedChain
  readonly oracle: SignatureOracle
  readonly submitted: (transaction: Hash) => boolean
  /** Whether this consensus key, in hexadecimal, is an honest node's. */
  readonly honest: (consensusKey: string) => boolean
  readonly now: () => number
}): FinalBlocks {
  const { chain, oracle } = options
  const decided = new Map<number, Decided>()
  const included = new Map<string, number>()
  const sets = new Map<number, ValidatorSet>([[1, validatorSet(chain.spec.validators)]])
  const goodCommits = new Set<string>()
  const reached = new Map<string, number>()
  const accused = new Set<string>()
  let height = 0

  function agrees(id: string, { block: { header }, hash }: FinalBlock, node: SynodNode): Finding {
    const known = decided.get(header.height)
    if (!known) decided.set(header.height, { hash, appHash: header.appHash, by: id })
    if (known && !bytesEqual(known.appHash, header.appHash)) {
      return ['app-hash', `${short(header.appHash)} here, ${short(known.appHash)} at ${known.by}`]
    }
    if (known && !bytesEqual(known.hash, hash)) return ['agreement', `${short(hash)} here, ${short(known.hash)} at ${known.by}`]
    const root = node.status().appHash
    if (!bytesEqual(root, header.appHash)) return ['app-hash', `state ${short(root)}, header ${short(header.appHash)}`]
    return undefined
  }

  /** Nobody made it up, nobody had it twice. */
  function holdsWhatItMay({ block: { header }, ids }: FinalBlock): Finding {
    for (const id of ids) {
      const before = included.get(bytesKey(id))
      included.set(bytesKey(id), header.height)
      if (!options.submitted(id)) return ['validity', `transaction ${short(id)} was submitted by nobody`]
      if (before !== undefined && before !== header.height) {
        return ['validity', `transaction ${short(id)} stands in block ${before} already`]
      }
    }
    if (new Set(ids.map(bytesKey)).size < ids.length) return ['validity', 'a transaction stands in it twice']
    return undefined
  }

  /** The header says what is the case. */
  function isTruthful({ block: { header }, ids, results }: FinalBlock): Finding {
    const parent = header.height === 1 ? chain.chainId : decided.get(header.height - 1)?.hash
    if (!parent || !bytesEqual(parent, header.previousHash)) return ['validity', 'its parent is not the block before it']
    const proposer = sets.get(header.height)?.validators.some(({ consensusKey }) => bytesEqual(consensusKey, header.proposer))
    if (!proposer) return ['validity', 'its proposer is no validator']
    const outcome = merkleRoot(results.map((result) => encode(transactionResultSchema, result)))
    if (!bytesEqual(header.resultsHash, outcome)) return ['validity', 'its results hash is not that of its results']
    if (!bytesEqual(header.transactionsRoot, merkleRoot(ids))) return ['validity', 'its transactions root is not that of its transactions']
    return bytesEqual(header.chainId, chain.chainId) ? undefined : ['validity', 'it is of another chain']
  }

  function isTimely({ block: { header }, commit }: FinalBlock): Finding {
    const precisionMs = chain.spec.consensus.precision_ms * (1 + commit.round / 10)
    const aheadMs = header.time - options.now()
    return aheadMs > precisionMs + skewMaxMs ? ['validity', `its time is ${Math.round(aheadMs)} ms ahead of everybody`] : undefined
  }

  function isCommitted({ block: { header }, commit, hash }: FinalBlock): Finding {
    const set = sets.get(header.height)
    if (!set || !bytesEqual(validatorSetHash(set), header.validatorsHash)) return ['commit', 'other validators than the chain has']
    if (commit.height !== header.height || !bytesEqual(commit.blockHash, hash)) return ['commit', 'the commit is of another block']
    const key = bytesKey(commitHash(commit))
    if (goodCommits.has(key)) return undefined
    if (!haveQuorum(set.validators, (_, index) => hasSigned(commit.signers, index))) return ['commit', 'no quorum signed it']
    const message = voteSignBytes(chain.chainId, { kind: precommit, height: commit.height, round: commit.round, blockHash: hash })
    const signers = set.validators.filter((_, index) => hasSigned(commit.signers, index))
    const publicKey = aggregatePublicKeys(signers.map(({ consensusKey }) => consensusKey))
    if (!publicKey || !oracle.holds({ publicKey, message, signature: commit.signature })) {
      return ['commit', 'its signers have not signed it']
    }
    goodCommits.add(key)
    return undefined
  }

  function punishesTheGuilty({ block }: FinalBlock): Finding {
    for (const { consensusKey } of block.evidence) {
      const key = toHex(consensusKey)
      accused.add(key)
      if (options.honest(key)) return ['justice', `honest validator ${key.slice(0, 16)} is accused`]
    }
    return undefined
  }

  return {
    final(id, node, event) {
      const at = event.block.header.height
      height = Math.max(height, at)
      reached.set(id, Math.max(at, reached.get(id) ?? 0))
      sets.set(at + 1, node.validators())
      const finding =
        agrees(id, event, node) ??
        holdsWhatItMay(event) ??
        isTruthful(event) ??
        isTimely(event) ??
        isCommitted(event) ??
        punishesTheGuilty(event)
      return finding && { check: finding[0], node: id, height: at, detail: finding[1] }
    },
    started(id, node) {
      const before = reached.get(id) ?? 0
      const now = node.status().height
      if (now >= before) return undefined
      return { check: 'durability', node: id, height: before, detail: `was final here, and after a restart the node is at ${now}` }
    },
    get height() {
      return height
    },
    get transactions() {
      return included.size
    },
    includes: (transaction) => included.has(bytesKey(transaction)),
    validatorsAt: (at) => sets.get(at),
    accused,
  }
}

type Finding = readonly [check: CheckName, detail: string] | undefined

function short(hash: Hash): string {
  return toHex(hash).slice(0, 16)
}
