/** What went wrong, where and when: the simulation stops at the first. */
export interface Violation {
  readonly check: CheckName
  readonly node: string
  readonly height: number
  readonly detail: string
}

/** Everything that is checked, of honest nodes only: what liars claim about themselves proves nothing. */
export type CheckName =
  /** Two nodes made different blocks of one height final. */
  | 'agreement'
  /** The same block left different states. */
  | 'app-hash'
  /** A queue, a log or a pool is larger than it may get. */
  | 'bounded'
  /** A final block whose commit does not verify under the validators of its height. */
  | 'commit'
  /** A node failed, threw, or would not start again. */
  | 'crash'
  /** A node lost a block that it had made final, or signed before its record of it was durable. */
  | 'durability'
  /** An honest node said two things at one place. */
  | 'equivocation'
  /** An honest validator was punished, or a double voter was not. */
  | 'justice'
  /** After everything had healed, the chain did not go on. */
  | 'liveness'
  /** An honest validator voted against its lock, or precommitted without a polka. */
  | 'lock'
  /** A block holds what nobody submitted, something twice, or a time nobody can have had. */
  | 'validity'
