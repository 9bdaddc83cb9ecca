import type { Commit } from '../chain/certificate.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import type { Result } from '../primitives/result.ts'
import type { SyncPeer } from './peer-choice.ts'
import type { Ask, AskAnswer, PlanEffect } from './plan-messages.ts'

/** What is open between the plan and the world: questions to peers with their deadlines, and certificates being checked. */
export interface AskDesk {
  /** As of the input being handled. */
  readonly now: number
  readonly peers: readonly SyncPeer[]
  ask(question: Omit<Ask, 'id'>, patience: Patience, listener: AskListener): number
  /** Nothing is heard of the question any more. */
  drop(id: number | undefined): void
  /** Checks a certificate against the set of its height. */
  check(commit: Commit, validators: ValidatorSet, then: (outcome: Result<void>) => void): void
  effect(effect: PlanEffect): void
  /** Questions open with the peer. */
  load(peer: string): number
}

export interface Patience {
  /** For the whole answer. */
  readonly wholeMs: number
  /** For its next part. */
  readonly partMs: number
}

export interface AskListener {
  answered(answer: AskAnswer): void
  /** The answer is over, one way or the other; nothing comes after it. */
  ended(how: AskEnd): void
}

/** `stalled`: nothing came for too long; `slow`: parts came, but not all in time. */
export type AskEnd = 'complete' | 'broken' | 'stalled' | 'slow'

interface Open {
  readonly peer: string
  readonly partMs: number
  readonly endsAt: number
  stallsAt: number
  readonly listener: AskListener
}

/** The desk as the plan holds it: it gives the time and the peers, and takes what came in and what is to be done. */
export interface AskCounter extends AskDesk {
  begin(now: number, peers: readonly SyncPeer[]): void
  answered(id: number, answer: AskAnswer): void
  ended(id: number, how: AskEnd): void
  checked(id: number, outcome: Result<void>): void
  /** Ends what has run out of time. */
  expire(): void
  /** Questions and checks that are open. */
  readonly open: number
  /** When something runs out of time. */
  nextDeadline(): number
  /** What is to be done, in order; empties. */
  flush(): readonly PlanEffect[]
  /** Forgets everything that is open. */
  clear(): void
}

export function createAskDesk(): AskCounter {
  const open = new Map<number, Open>()
  const checks = new Map<number, (outcome: Result<void>) => void>()
  let effects: PlanEffect[] = []
  let lastId = 0
  let now = 0
  let peers: readonly SyncPeer[] = []

  function end(id: number, how: AskEnd): void {
    const ended = open.get(id)
    if (!open.delete(id)) return
    ended?.listener.ended(how)
  }

  return {
    get now() {
      return now
    },
    get peers() {
      return peers
    },
    begin(at, present) {
      now = at
      peers = present
    },
    ask(question, { wholeMs, partMs }, listener) {
      const id = ++lastId
      open.set(id, { peer: question.peer, partMs, endsAt: now + wholeMs, stallsAt: now + partMs, listener })
      effects.push({ type: 'ask', ask: { ...question, id }, timeoutMs: wholeMs })
      return id
    },
    drop: (id) => void (id !== undefined && open.delete(id)),
    check(commit, validators, then) {
      const id = ++lastId
      checks.set(id, then)
      effects.push({ type: 'check', id, commit, validators })
    },
    effect: (effect) => void effects.push(effect),
    load: (peer) => [...open.values()].filter((each) => each.peer === peer).length,
    answered(id, answer) {
      const asked = open.get(id)
      if (!asked) return
      // One link carries all that a peer answers: what was asked for later may be waiting behind this part, what was asked for before may not.
      for (const [other, each] of open) if (each.peer === asked.peer && other >= id) each.stallsAt = now + each.partMs
      asked.listener.answered(answer)
    },
    ended: end,
    checked(id, outcome) {
      const then = checks.get(id)
      checks.delete(id)
      then?.(outcome)
    },
    expire() {
      for (const [id, { endsAt, stallsAt }] of [...open]) {
        if (now >= stallsAt) end(id, 'stalled')
        else if (now >= endsAt) end(id, 'slow')
      }
    },
    get open() {
      return open.size + checks.size
    },
    nextDeadline: () => Math.min(...[...open.values()].map(({ endsAt, stallsAt }) => Math.min(endsAt, stallsAt))),
    flush() {
      const flushed = effects
      effects = []
      return flushed
    },
    clear() {
      open.clear()
      checks.clear()
    },
  }
}
