import type { Commit } from '../chain/certificate.ts'
import { blockHash, type Header } from '../chain/header.ts'
import type { HeaderRange } from '../chain/header-message.ts'
import { type ValidatorSet, validatorSetHash } from '../chain/validator-set.ts'
import type { Hash } from '../crypto/hash.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { type Rejection, reject } from '../primitives/result.ts'
import type { AskDesk } from './ask-desk.ts'
import { askHeaders } from './ask-headers.ts'
import type { CertifiedHeader } from './plan-messages.ts'

/**
 * Peers that say what the last header of a range is, besides the one that tells the range. Nobody is outvoted: where they differ, the
 * certificate of each is checked, and who has none lied.
 */
export interface Witnesses {
  /** Answers or checks are open. */
  readonly busy: boolean
  ask(peer: string, height: number): void
  /** Compares what was said, now that the range is certified, and what will be said. */
  compare(range: CertifiedRange): void
  drop(): void
}

export interface CertifiedRange {
  readonly from: number
  readonly headers: readonly Header[]
  readonly hashes: readonly Hash[]
  readonly commit: Commit
}

/** Nobody waits longer for a witness: the certificate decides, not the number of voices. */
const patience = { wholeMs: 1500, partMs: 1500 }

export function createWitnesses(options: {
  readonly desk: AskDesk
  readonly validators: ValidatorSet
  readonly blame: (peer: string, rejection: Rejection) => void
  readonly onFork: (other: CertifiedHeader, peer: string) => void
  /** Something that was open is over. */
  readonly onSettled: () => void
}): Witnesses {
  const { desk, validators, blame } = options
  const validatorsHash = validatorSetHash(validators)
  const asks = new Set<number>()
  let said: { readonly peer: string; readonly said: CertifiedHeader }[] = []
  let range: CertifiedRange | undefined
  let checks = 0
  let dropped = false

  function ask(peer: string, height: number): void {
    const id = askHeaders(desk, { peer, from: height, count: 1, patience }, (answer) => {
      asks.delete(id)
      if (answer) hear(peer, height, answer)
      else desk.effect({ type: 'doubt', peer })
      options.onSettled()
    })
    asks.add(id)
  }

  function hear(peer: string, height: number, { headers, commit }: HeaderRange): void {
    const [header] = headers
    if (!header || headers.length > 1 || header.height !== height)
      return blame(peer, reject('SYNC_WRONG_HEADERS', `not height ${height} alone`).error)
    if (commit.height !== height || !bytesEqual(commit.blockHash, blockHash(header)))
      return blame(peer, reject('SYNC_WRONG_COMMIT', `at height ${height}`).error)
    if (range) review(range, peer, { header, commit })
    else said.push({ peer, said: { header, commit } })
  }

  /** A witness of another height than the range turned out to end at is asked once more. */
  function review({ from, headers, hashes, commit }: CertifiedRange, peer: string, other: CertifiedHeader): void {
    const { height } = other.header
    const own = hashes[height - from]
    if (!own) return ask(peer, from + headers.length - 1)
    if (bytesEqual(own, other.commit.blockHash)) return
    if (!bytesEqual(other.header.validatorsHash, validatorsHash))
      return blame(peer, reject('SYNC_WRONG_HEADERS', `height ${height}: other validators`).error)
    checks++
    desk.check(other.commit, validators, (outcome) => {
      checks--
      if (!outcome.ok) blame(peer, outcome.error)
      else if (!dropped && height === commit.height) options.onFork(other, peer)
      options.onSettled()
    })
  }

  return {
    get busy() {
      return asks.size > 0 || checks > 0
    },
    ask,
    compare(certified) {
      range = certified
      const before = said
      said = []
      for (const each of before) review(certified, each.peer, each.said)
    },
    drop() {
      dropped = true
      for (const id of asks) desk.drop(id)
      asks.clear()
    },
  }
}
