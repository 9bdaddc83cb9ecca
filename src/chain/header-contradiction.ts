/**
 * Whether two headers exclude each other for anybody who computed them. Who decides a height, by which version and which parameters,
 * follows from the block before it, and what a block leads to follows from what is in it: an honest validator, which executes
 * before it votes, never signs two headers over one parent that differ there, in whatever rounds. Headers over different parents prove
 * nothing by themselves, since the parents may be the two sides of a fork that others made.
 */
import { bytesEqual } from '../primitives/bytes.ts'
import type { Header } from './header.ts'

export function headersContradict(one: Header, other: Header): boolean {
  if (one.height !== other.height || !bytesEqual(one.previousHash, other.previousHash)) return false
  return !followSameRules(one, other) || (sameContent(one, other) && !sameOutcome(one, other))
}

/** What the chain before a block prescribes, whoever makes it. */
export function followSameRules(one: Header, other: Header): boolean {
  return (
    one.version === other.version &&
    bytesEqual(one.chainId, other.chainId) &&
    bytesEqual(one.validatorsHash, other.validatorsHash) &&
    bytesEqual(one.parametersHash, other.parametersHash)
  )
}

/** All that execution depends on beside the parent's state. */
function sameContent(one: Header, other: Header): boolean {
  return (
    one.time === other.time &&
    bytesEqual(one.proposer, other.proposer) &&
    bytesEqual(one.previousCommitHash, other.previousCommitHash) &&
    bytesEqual(one.evidenceHash, other.evidenceHash) &&
    bytesEqual(one.transactionsRoot, other.transactionsRoot)
  )
}

function sameOutcome(one: Header, other: Header): boolean {
  return (
    bytesEqual(one.appHash, other.appHash) &&
    bytesEqual(one.resultsHash, other.resultsHash) &&
    bytesEqual(one.nextValidatorsHash, other.nextValidatorsHash)
  )
}
