import { type ValidatorSet, validatorSet, validatorSetHash } from '../../chain/validator-set.ts'
import type { Hash } from '../../crypto/hash.ts'
import type { SynodNode } from '../../engine/synod-node.ts'
import { bytesEqual, bytesKey, toHex } from '../../primitives/bytes.ts'
import type { SimulatedChain } from '../simulated-chain.ts'
import type { SignatureOracle } from '../simulated-verifier.ts'
import { commitChecker, type FinalBlock, type Finding, isTimely, isTruthful } from './block-checks.ts'
import type { Proposals } from './proposals.ts'
import type { Violation } from './violation.ts'

/** Compares every block that any honest node makes final with what the others have, and with what may be in it. */
export interface FinalBlocks {
  final(id: string, node: SynodNode, event: FinalBlock): Violation | undefined
  /** A node is up again: it must still have all that it ever made final. */
  started(id: string, node: SynodNode): Violation | undefined
  /** The node's disk holds nothing any more. */
  wiped(id: string): void
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
  readonly proposals: Proposals
}): FinalBlocks {
  const { chain, oracle } = options
  const decided = new Map<number, Decided>()
  const included = new Map<string, number>()
  const sets = new Map<number, ValidatorSet>([[1, validatorSet(chain.spec.validators)]])
  const isCommitted = commitChecker(chain.chainId, oracle)
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
    const { height, appHash: root } = node.status()
    // Of blocks that come from peers a node tells when they are on disk; its state may be that of a later one.
    if (height === header.height && !bytesEqual(root, header.appHash))
      return ['app-hash', `state ${short(root)}, header ${short(header.appHash)}`]
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
      const next = node.validators()
      // A node that takes blocks from peers may be further on: the header says whether these are the validators of the next height.
      if (node.status().height === at || bytesEqual(validatorSetHash(next), event.block.header.nextValidatorsHash))
        sets.set(at + 1, next)
      const set = sets.get(at)
      const parent = at === 1 ? chain.chainId : decided.get(at - 1)?.hash
      const { precision_ms: precisionMs } = chain.spec.consensus
      const finding =
        agrees(id, event, node) ??
        holdsWhatItMay(event) ??
        isTruthful(event, { chainId: chain.chainId, parent, set }) ??
        options.proposals.check(event) ??
        isTimely(event, options.now(), precisionMs) ??
        isCommitted(event, set) ??
        punishesTheGuilty(event)
      return finding && { check: finding[0], node: id, height: at, detail: finding[1] }
    },
    started(id, node) {
      const before = reached.get(id) ?? 0
      const now = node.status().height
      if (now >= before) return undefined
      return {
        check: 'durability',
        node: id,
        height: before,
        detail: `was final here, and after a restart the node is at ${now}`,
      }
    },
    wiped: (id) => void reached.delete(id),
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

function short(hash: Hash): string {
  return toHex(hash).slice(0, 16)
}
