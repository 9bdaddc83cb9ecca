/**
 * What an implementation can do beyond the first version of the protocol (docs/spec/network.md, "Features"): each side says it with the
 * first frame of a control stream of the second version. On one of the first version neither side can do anything of this.
 */
import type { Bytes } from '../../primitives/bytes.ts'
import { readUint32 } from './frame.ts'

export interface Features {
  /** Counts gossip among the bulk it acknowledges. */
  readonly pacedGossip: boolean
  /** Reads compressed messages. */
  readonly zstd: boolean
  /** Drops padding, on every stream. */
  readonly padding: boolean
  /** Names of the dictionaries it has for compressed messages. */
  readonly dictionaries: readonly number[]
}

export const noFeatures: Features = { pacedGossip: false, zstd: false, padding: false, dictionaries: [] }

const bits = { pacedGossip: 1, zstd: 2, padding: 4 } as const
const dictionariesMax = 16
export const featuresBytesMax = 4 + 4 * dictionariesMax

export function encodeFeatures(features: Features): Bytes {
  const payload = new Uint8Array(4 + 4 * features.dictionaries.length)
  const view = new DataView(payload.buffer)
  const flags = Object.entries(bits).reduce((sum, [name, bit]) => sum | (features[name as keyof typeof bits] ? bit : 0), 0)
  view.setUint32(0, flags)
  for (const [index, name] of features.dictionaries.entries()) view.setUint32(4 + 4 * index, name)
  return payload
}

/** Flags of later versions are passed over. `undefined` for a length that no encoder gives. */
export function decodeFeatures(payload: Bytes): Features | undefined {
  if (payload.length < 4 || payload.length % 4 !== 0) return undefined
  const flags = readUint32(payload, 0)
  const dictionaries: number[] = []
  for (let offset = 4; offset < payload.length; offset += 4) dictionaries.push(readUint32(payload, offset))
  return {
    pacedGossip: (flags & bits.pacedGossip) !== 0,
    zstd: (flags & bits.zstd) !== 0,
    padding: (flags & bits.padding) !== 0,
    dictionaries,
  }
}
