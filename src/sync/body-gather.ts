/**
 * The blocks behind certified headers, from several peers at once: each peer is asked for a few consecutive ones, and whoever stalls loses
 * them to another. What is held is bounded in bytes. Spec: docs/spec/sync.md, "Bodies".
 */
import type { Hash } from '../crypto/hash.ts'
import type { AskDesk } from './ask-desk.ts'
import { askBodies, type Slot, type WholeBlock, wholeBlock } from './body-ask.ts'
import type { EarlyBody } from './early-bodies.ts'
import type { LinkedRange } from './header-chain.ts'
import { choosePeers } from './peer-choice.ts'

export interface BodyGather {
  /** The last block that was handed on. */
  readonly taken: number
  add(range: LinkedRange): void
  /** Takes a block that came before its header was certified, if it is the one. */
  offer(body: EarlyBody): void
  /** Asks for what is missing, as far as there is room and there are peers. */
  assign(): void
  /** Blocks up to this height are in the chain. */
  executed(height: number): void
}

/** Blocks of one question. */
const blocksMax = 32
/** Bytes one question should bring, and all that may be held or under way. One block is asked for however large it is. */
const askBytes = 1 << 20
const heldBytesMax = 32 << 20
/** Questions open with one peer: one is being answered while the next is on its way. */
const asksPerPeer = 2
const noFailures: ReadonlyMap<string, number> = new Map()

/** `height`: what is in the chain already. */
export function createBodyGather(desk: AskDesk, height: number): BodyGather {
  let executed = height
  let slots: Slot[] = []
  /** Came and not yet executed. */
  const held = new Map<number, number>()
  let heldBytes = 0
  let taken = 0
  /** Bytes of a block, as the latest were. */
  let typicalBytes = 4096

  function hold(slot: Slot, body: WholeBlock): void {
    const { bytes } = body
    typicalBytes = Math.max(512, Math.round((typicalBytes * 7 + bytes) / 8))
    // Consensus may have passed it meanwhile.
    if (slots[slot.height - (slots[0]?.height ?? 0)] !== slot) return
    slot.body = body
    held.set(slot.height, bytes)
    heldBytes += bytes
    deliver()
  }

  /** In order, each with its commit, which the block after it carries and its header names. */
  function deliver(): void {
    let count = 0
    for (; ; count++) {
      const slot = slots[count]
      const commit = slot?.commit ?? slots[count + 1]?.body?.block.lastCommit
      if (!slot?.body || !commit) break
      taken = slot.height
      const { block, ids, peer } = slot.body
      desk.effect({ type: 'take', block, ids, commit, peer })
    }
    if (count > 0) slots = slots.slice(count)
  }

  const underWay = (): number => slots.reduce((count, slot) => count + (slot.asked && !slot.body ? 1 : 0), 0)

  /** Consecutive blocks that nobody was asked for, at or after a place. */
  function nextRun(place: number): readonly Slot[] {
    const most = Math.max(1, Math.min(blocksMax, Math.floor(askBytes / typicalBytes)))
    const run: Slot[] = []
    for (const slot of slots.slice(place, place + most)) {
      if (slot.asked) break
      run.push(slot)
    }
    return run
  }

  function assign(): void {
    if (!desk.peers.some(({ id }) => desk.load(id) < asksPerPeer)) return
    let bytes = heldBytes + underWay() * typicalBytes
    for (let place = 0; place < slots.length; place++) {
      const first = slots[place]
      if (!first || first.asked) continue
      if (bytes > heldBytesMax && place > 0) return
      const idle = desk.peers.filter(({ id }) => desk.load(id) < asksPerPeer)
      if (idle.length === 0) return
      const failures = first.failures ?? noFailures
      const [peer] = choosePeers(idle, { height: first.height, failures, load: desk.load })
      if (!peer) continue
      const run = nextRun(place).filter(({ height }) => height <= peer.height)
      askBodies(desk, peer.id, run, hold)
      bytes += run.length * typicalBytes
      place += run.length - 1
    }
  }

  return {
    get taken() {
      return taken
    },
    add({ headers, hashes, commit }) {
      const last = headers.length - 1
      for (const [index, { height }] of headers.entries())
        slots.push({ height, hash: hashes[index] as Hash, commit: index === last ? commit : undefined, asked: false })
    },
    offer(early) {
      const slot = slots.find(({ height: wanted }) => wanted === early.block.header.height)
      if (!slot || slot.asked) return
      const whole = wholeBlock(slot, early)
      if (!whole.ok) return
      slot.asked = true
      hold(slot, whole.value)
    },
    assign,
    executed(reached) {
      for (; executed < reached; executed++) {
        heldBytes -= held.get(executed + 1) ?? 0
        held.delete(executed + 1)
      }
      if ((slots[0]?.height ?? Number.POSITIVE_INFINITY) <= reached) slots = slots.filter((slot) => slot.height > reached)
    },
  }
}
