/**
 * One range of headers, from first question to certificate: one peer tells all of them, two others the last, at the same time. Their hashes
 * are compared, and the certificate decides: a difference only exposes who lies. Spec: docs/spec/sync.md, "Ranges".
 */
import type { HeaderRange } from '../chain/header-message.ts'
import { type ValidatorSet, validatorSetHash } from '../chain/validator-set.ts'
import type { Hash } from '../crypto/hash.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { type Rejection, type Result, reject } from '../primitives/result.ts'
import type { AskDesk } from './ask-desk.ts'
import { askHeaders } from './ask-headers.ts'
import { type LinkedRange, linkHeaders } from './header-chain.ts'
import { choosePeers, triesMax } from './peer-choice.ts'
import type { CertifiedHeader, ChosenBlock } from './plan-messages.ts'
import { createWitnesses, type Witnesses } from './witnesses.ts'

export interface RangeQuest {
  readonly state: 'asking' | 'found' | 'failed'
  /** The certified range, once it is found. */
  readonly found: LinkedRange | undefined
  /** Nothing that was asked counts any more. */
  drop(): void
}

export interface QuestOptions {
  readonly from: number
  readonly to: number
  /** Of the block before the range. */
  readonly previousHash: Hash
  /** Who decides the range. */
  readonly validators: ValidatorSet
  readonly chosen?: ChosenBlock | undefined
}

/** How many peers are asked besides the one that tells the headers. */
const witnessesMax = 2
const patience = { wholeMs: 5000, partMs: 5000 }

export function createRangeQuest(options: QuestOptions, desk: AskDesk): RangeQuest {
  const { from, to, previousHash, validators, chosen } = options
  const start = { from, previousHash, validatorsHash: validatorSetHash(validators) }
  const failures = new Map<string, number>()
  let asked: number | undefined
  let witnesses: Witnesses | undefined
  let certified: LinkedRange | undefined
  let state: RangeQuest['state'] = 'asking'

  /** Begins anew, with others, when a teller fails. */
  function begin(): void {
    witnesses?.drop()
    const [teller, ...others] = choosePeers(desk.peers, { height: to, failures, load: desk.load })
    if (!teller) {
      state = 'failed'
      return
    }
    const { id: peer } = teller
    const mine = createWitnesses({ desk, validators, blame, onFork: fork, onSettled: settle })
    witnesses = mine
    asked = askHeaders(desk, { peer, from, count: to - from + 1, patience }, (range) => told(peer, range, mine))
    for (const { id } of others.slice(0, witnessesMax)) mine.ask(id, to)
  }

  function told(peer: string, range: HeaderRange | undefined, mine: Witnesses): void {
    if (!range) return fail(peer)
    const linked = linkHeaders(range, start, to - from + 1)
    if (!linked.ok) return fail(peer, linked.error)
    const { value } = linked
    if (isAbandoned(value)) return fail(peer, reject('FORK_NOT_CHOSEN', `height ${chosen?.height}`).error)
    desk.check(value.commit, validators, (outcome) => {
      if (witnesses === mine) judge(peer, value, outcome, mine)
    })
  }

  /** Certified or not, it is the history that was given up. */
  function isAbandoned({ hashes }: LinkedRange): boolean {
    const hash = chosen && hashes[chosen.height - from]
    return hash !== undefined && !bytesEqual(hash, chosen?.hash as Hash)
  }

  function judge(peer: string, range: LinkedRange, outcome: Result<void>, mine: Witnesses): void {
    if (!outcome.ok) return fail(peer, outcome.error)
    if (!range.connected) {
      failures.set(peer, triesMax)
      desk.effect({ type: 'divided', peer, height: from - 1 })
      return begin()
    }
    certified = range
    desk.effect({ type: 'trust', peer })
    mine.compare({ ...range, from })
    settle()
  }

  function fail(peer: string, lie?: Rejection): void {
    failures.set(peer, (failures.get(peer) ?? 0) + 1)
    if (lie) blame(peer, lie)
    else desk.effect({ type: 'doubt', peer })
    begin()
  }

  function blame(peer: string, rejection: Rejection): void {
    failures.set(peer, triesMax)
    desk.effect({ type: 'blame', peer, rejection })
    desk.effect({ type: 'doubt', peer })
  }

  function fork(other: CertifiedHeader, peer: string): void {
    const header = certified?.headers.at(-1)
    if (!certified || !header) return
    if (chosen && chosen.height <= header.height) {
      // Most likely it follows from the block that was given up. Where the two really part is found out outside.
      desk.effect({ type: 'doubt', peer })
      return desk.effect({ type: 'divided', peer, height: header.height })
    }
    state = 'failed'
    const blocks = [{ header, commit: certified.commit }, other] as const
    desk.effect({ type: 'fork', fork: { height: header.height, validators, blocks } })
  }

  function settle(): void {
    if (certified && !witnesses?.busy && state === 'asking') state = 'found'
  }

  begin()
  return {
    get state() {
      return state
    },
    get found() {
      return state === 'found' ? certified : undefined
    },
    drop() {
      desk.drop(asked)
      witnesses?.drop()
      witnesses = undefined
    },
  }
}
