import type { Block } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import type { Header } from '../chain/header.ts'
import type { HeaderRange } from '../chain/header-message.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Rejection, Result } from '../primitives/result.ts'

/** The block of a height on which the operators have settled after a fork: no other history is taken. */
export interface ChosenBlock {
  readonly height: number
  readonly hash: Hash
}

/** A question to a peer: for the headers of a range, or for its blocks. */
export interface Ask {
  readonly id: number
  readonly peer: string
  readonly kind: 'headers' | 'blocks'
  readonly from: number
  readonly count: number
}

/** A part of an answer, decoded. */
export type AskAnswer =
  | { readonly type: 'headers'; readonly range: HeaderRange }
  | { readonly type: 'block'; readonly block: Block; readonly bytes: number }

/** The latest final block of this node, and who decides the next. */
export interface PlanTip {
  readonly height: number
  readonly hash: Hash
  readonly validators: ValidatorSet
}

export type PlanInput =
  /** Time has passed, or peers have changed. */
  | { readonly type: 'tick' }
  | { readonly type: 'answered'; readonly ask: number; readonly answer: AskAnswer }
  /** The answer ended by itself, or broke off. */
  | { readonly type: 'ended'; readonly ask: number; readonly how: 'complete' | 'broken' }
  /** What came cannot have been sent by an honest peer. */
  | { readonly type: 'malformed'; readonly ask: Ask; readonly rejection: Rejection }
  | { readonly type: 'checked'; readonly id: number; readonly outcome: Result<void> }
  | { readonly type: 'tip'; readonly tip: PlanTip }

export type PlanEffect =
  | { readonly type: 'ask'; readonly ask: Ask; readonly timeoutMs: number }
  /** Check this commit against the validators of its height, and say what came of it. */
  | { readonly type: 'check'; readonly id: number; readonly commit: Commit; readonly validators: ValidatorSet }
  /** The block is certified, whole and the next one. */
  | {
      readonly type: 'take'
      readonly block: Block
      /** Of its transactions, in order. */
      readonly ids: readonly Hash[]
      readonly commit: Commit
      readonly peer: string
    }
  /** The peer lied. */
  | { readonly type: 'blame'; readonly peer: string; readonly rejection: Rejection }
  /** The peer did not deliver what it claims to have: not believed for a while. */
  | { readonly type: 'doubt'; readonly peer: string }
  /** The peer backed its claim. */
  | { readonly type: 'trust'; readonly peer: string }
  /** The peer's chain is certified, and does not contain this node's block of this height. */
  | { readonly type: 'divided'; readonly peer: string; readonly height: number }
  /** Two certificates for different blocks at one height: the plan goes no further. */
  | { readonly type: 'fork'; readonly fork: Fork }

/** More than a third of the stake signed twice. */
export interface Fork {
  readonly height: number
  readonly validators: ValidatorSet
  readonly blocks: readonly [CertifiedHeader, CertifiedHeader]
}

export interface CertifiedHeader {
  readonly header: Header
  readonly commit: Commit
}
