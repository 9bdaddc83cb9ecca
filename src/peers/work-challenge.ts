/**
 * The work a stranger must do before it is let in while many want to come in. Hashcash over SHA-256: a counter whose hash with the
 * puzzle lies below a target. The puzzle binds the chain, both peers and the nonce of one connection, so a solution is worth nothing
 * on another connection, for another peer, or a second time. Spec: docs/spec/network.md, "Work".
 */
import type { ChainId } from '../chain/identifiers.ts'
import { type Hash, sha256, taggedHash } from '../crypto/hash.ts'
import { type Bytes, utf8 } from '../primitives/bytes.ts'

/** Names one connection: who asks whom, on which chain. */
export interface Challenge {
  readonly chainId: ChainId
  /** Who asks, and checks. */
  readonly verifier: string
  /** Who has to prove. */
  readonly prover: string
  /** The 32 bytes of the verifier's hello. */
  readonly nonce: Bytes
}

/**
 * Most work that is ever asked for, and most that is done for anybody: hashes to be expected. About half a second of one core, of which
 * an honest dialler gives a fifth. More is asked for only by who wants to keep us busy.
 */
export const workMax = 1 << 18

export function workPuzzle({ chainId, verifier, prover, nonce }: Challenge): Hash {
  return taggedHash('synod/work', chainId, utf8(verifier), utf8(prover), nonce)
}

/** Whether the counter solves the puzzle at this work: the number of hashes to be expected before one does. Costs one hash. */
export function isSolution(puzzle: Hash, work: number, counter: bigint): boolean {
  const preimage = preimageOf(puzzle)
  return counter >= 0n && counter <= counterMax && solves(preimage, work, counter)
}

/** Tries so many counters from `from` on. Returns the first that solves the puzzle. */
export function searchSolution(puzzle: Hash, work: number, from: bigint, tries: number): bigint | undefined {
  const preimage = preimageOf(puzzle)
  for (let counter = from; counter < from + BigInt(tries); counter++) if (solves(preimage, work, counter)) return counter
  return undefined
}

/** Of the 64-bit counter; a search begins below half of it, and so never reaches the end. */
const counterMax = (1n << 64n) - 1n

/** The puzzle, and room for the counter behind it: one block of SHA-256. */
function preimageOf(puzzle: Hash): DataView {
  const bytes = new Uint8Array(puzzle.length + 8)
  bytes.set(puzzle)
  return new DataView(bytes.buffer)
}

/** The first 48 bits of the hash, times the work, stay below 2⁴⁸: a chance of one in `work`. */
function solves(preimage: DataView, work: number, counter: bigint): boolean {
  preimage.setBigUint64(preimage.byteLength - 8, counter)
  const digest = sha256(new Uint8Array(preimage.buffer))
  const view = new DataView(digest.buffer, digest.byteOffset)
  const head = view.getUint32(0) * 0x1_0000 + view.getUint16(4)
  return BigInt(head) * BigInt(work) < 1n << 48n
}
