/**
 * Compressed frames: which messages of which channel or request are worth it, and what marks them. One compressor serves all
 * connections, so that a batch pushed to eight peers is compressed once. Consensus messages and evidence are never compressed: they
 * are signatures and hashes, and wait for nothing.
 */
import { createHash } from 'node:crypto'
import { compress, compressibleBytesMax, compressibleBytesMin, decompress } from '../../codec/compression.ts'
import { type CompressionHabit, createCompressionHabit } from '../../codec/compression-habit.ts'
import type { Channel, RequestProtocol } from '../../ports/network.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { Features } from './features.ts'
import { readUint32 } from './frame.ts'

/** Bits of a frame's kind. */
const zstdFlag = 0x40
const dictionaryFlag = 0x80
const flags = zstdFlag | dictionaryFlag

/** What is compressed; those of one line share a dictionary. */
const dictionaryOf = {
  batches: 'batches',
  batch: 'batches',
  blocks: 'blocks',
  block: 'blocks',
  headers: 'blocks',
  peers: undefined,
  status: undefined,
  mempool: undefined,
  dht: undefined,
  reach: undefined,
  light: undefined,
  snapshot: undefined,
} as const
export type Compressible = keyof typeof dictionaryOf

/** Bytes that messages of the chain have in common, the same on all its nodes. */
export interface Dictionaries {
  readonly batches: Bytes
  readonly blocks: Bytes
}

export interface PackedMessage {
  readonly flag: number
  readonly payload: Bytes
}

export interface Compressor {
  /** Whether anything is compressed at all, and offered to be taken so. */
  readonly compresses: boolean
  /** Names of the dictionaries there are. */
  readonly dictionaries: readonly number[]
  /** The message as it is to be sent to a peer, or `undefined` when it goes as it is. */
  pack(subject: Compressible, message: Bytes, peer: Features): PackedMessage | undefined
  /** What a compressed frame carries, or why the peer broke the rules. */
  unpack(subject: Compressible, kind: number, payload: Bytes, bytesMax: number): Bytes | UnpackFault
}

export interface UnpackFault {
  readonly violation: string
}

export function isCompressible(name: Channel | RequestProtocol): name is Compressible {
  return Object.hasOwn(dictionaryOf, name)
}

/** How a frame kind is marked when its message is compressed. */
export const compressedKinds = (kind: number) => [kind | zstdFlag, kind | dictionaryFlag]
export const plainKind = (kind: number) => kind & ~flags
export const isCompressedKind = (kind: number) => (kind & flags) !== 0

/** Bytes of the message in a frame before compression. @param idBytes what stands before it in the payload. */
export function messageBytes(kind: number, payload: Bytes, idBytes: number): number {
  if (!isCompressedKind(kind)) return payload.length
  return payload.length < idBytes + 4 ? 0 : readUint32(payload, idBytes)
}

export function createCompressor(given: Dictionaries | undefined, compresses = true): Compressor {
  const dictionaries = compresses ? given : undefined
  const habits = new Map<Compressible, CompressionHabit>()
  const packed = new WeakMap<Bytes, PackedMessage | 'as it is'>()
  const packedWithDictionary = new WeakMap<Bytes, PackedMessage | 'as it is'>()
  const nameOf = (dictionary: Bytes) => createHash('sha256').update(dictionary).digest().readUInt32BE(0)
  const names = dictionaries && { batches: nameOf(dictionaries.batches), blocks: nameOf(dictionaries.blocks) }

  function habitOf(subject: Compressible): CompressionHabit {
    const habit = habits.get(subject) ?? createCompressionHabit()
    habits.set(subject, habit)
    return habit
  }

  function tryPacking(habit: CompressionHabit, message: Bytes, dictionary: Bytes | undefined): PackedMessage | 'as it is' {
    if (!habit.isWorthTrying()) return 'as it is'
    const payload = compress(message, dictionary)
    habit.tried(payload !== undefined)
    return payload === undefined ? 'as it is' : { flag: dictionary === undefined ? zstdFlag : dictionaryFlag, payload }
  }

  return {
    compresses,
    dictionaries: names === undefined ? [] : Object.values(names),
    pack(subject, message, peer) {
      if (!compresses) return undefined
      if (message.length < compressibleBytesMin || message.length > compressibleBytesMax || !peer.zstd) return undefined
      const name = dictionaryOf[subject]
      const isShared = name !== undefined && names !== undefined && peer.dictionaries.includes(names[name])
      const known = isShared ? packedWithDictionary : packed
      const result = known.get(message) ?? tryPacking(habitOf(subject), message, isShared ? dictionaries?.[name] : undefined)
      known.set(message, result)
      return result === 'as it is' ? undefined : result
    },
    unpack(subject, kind, payload, bytesMax) {
      assert(isCompressedKind(kind), 'only compressed frames are unpacked')
      const name = dictionaryOf[subject]
      const dictionary = name === undefined ? undefined : dictionaries?.[name]
      const isShared = (kind & dictionaryFlag) !== 0
      if ((isShared && dictionary === undefined) || (kind & flags) === flags) return { violation: 'an unknown dictionary' }
      const result = decompress(payload, Math.min(bytesMax, compressibleBytesMax), isShared ? dictionary : undefined)
      if (result.ok) return result.value
      return { violation: result.error.code === 'DECOMPRESSION_BOMB' ? 'decompression bomb' : 'broken compression' }
    },
  }
}
