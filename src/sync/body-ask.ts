import type { Block } from '../chain/block.ts'
import { checkParts } from '../chain/block-parts.ts'
import type { Commit } from '../chain/certificate.ts'
import { blockHash } from '../chain/header.ts'
import type { Hash } from '../crypto/hash.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
import type { AskDesk } from './ask-desk.ts'
import type { EarlyBody } from './early-bodies.ts'
import { triesMax } from './peer-choice.ts'

/** A block that is the one of its slot, and whole. */
export interface WholeBlock {
  readonly block: Block
  readonly ids: readonly Hash[]
  readonly bytes: number
  /** Who brought it. */
  readonly peer: string
}

/** A block whose certified header is known. */
export interface Slot {
  readonly height: number
  readonly hash: Hash
  /** Of the last block of a range; those before it stand in the block after. */
  readonly commit: Commit | undefined
  body?: WholeBlock
  asked: boolean
  failures?: Map<string, number>
}

const patience = { wholeMs: 15_000, partMs: 3000 }

/**
 * Asks a peer for consecutive blocks. Each is compared with its header when it comes; what has not come when the answer is over, however it
 * ends, is nobody's any more.
 */
export function askBodies(
  desk: AskDesk,
  peer: string,
  run: readonly Slot[],
  onBlock: (slot: Slot, body: WholeBlock) => void,
): void {
  let came = 0
  for (const slot of run) slot.asked = true

  const id = desk.ask({ peer, kind: 'blocks', from: run[0]?.height ?? 0, count: run.length }, patience, {
    answered(answer) {
      const slot = run[came]
      if (answer.type !== 'block' || !slot) return lie(reject('SYNC_WRONG_HEIGHT', 'more than was asked for').error)
      const whole = wholeBlock(slot, { ...answer, peer })
      if (!whole.ok) return lie(whole.error)
      came++
      onBlock(slot, whole.value)
    },
    ended(how) {
      if (came === run.length) return
      giveBack(1)
      if (how === 'stalled' || came === 0) desk.effect({ type: 'doubt', peer })
    },
  })

  function giveBack(tries: number): void {
    for (const slot of run.slice(came)) {
      slot.asked = false
      slot.failures ??= new Map()
      slot.failures.set(peer, (slot.failures.get(peer) ?? 0) + tries)
    }
  }

  function lie(rejection: Rejection): void {
    desk.drop(id)
    giveBack(triesMax)
    desk.effect({ type: 'blame', peer, rejection })
    desk.effect({ type: 'doubt', peer })
  }
}

/** The block, if it is the one of the slot. */
export function wholeBlock({ height, hash }: Slot, { block, bytes, peer }: EarlyBody): Result<WholeBlock> {
  if (block.header.height !== height) return reject('SYNC_WRONG_HEIGHT', `asked for ${height}, got ${block.header.height}`)
  if (!bytesEqual(blockHash(block.header), hash)) return reject('SYNC_WRONG_BLOCK', `at height ${height}`)
  const parts = checkParts(block)
  return parts.ok ? ok({ block, ids: parts.value, bytes, peer }) : parts
}
