/**
 * Padding (docs/spec/network.md, "Cover"): a frame that means nothing fills a write up to one of a few sizes, so that the length of
 * what is encrypted says little of what it is.
 */

import type { Bytes } from '../../primitives/bytes.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../../primitives/token-bucket.ts'
import { frameHeaderBytes, writeFrameHeader } from './frame.ts'
import { paddedBytesMin, paddingBurstBytes, paddingBytesPerSecond, paddingFrameCost, writeBytesMax } from './limits.ts'

/** Of a frame on any stream. No kind of a stream's own is as high, and the bits above it mark compression. */
export const paddingKind = 0x3f
export const paddingBytesMax = writeBytesMax - frameHeaderBytes

/** The largest size that fits `room`; 0 when there is too little of it to go down by one size, which `paddedSize` may call for. */
export function paddedLimit(room: number): number {
  return room < 2 * paddedBytesMin ? 0 : 2 ** Math.floor(Math.log2(Math.min(room, writeBytesMax)))
}

/**
 * The least size that whole frames of `bytes` bytes have, or can be given by a padding frame behind them. `undefined` when they are
 * one to three bytes short of `limit`, which is less than a frame's header.
 */
export function paddedSize(bytes: number, limit: number): number | undefined {
  for (let size = paddedBytesMin; size <= limit; size *= 2) {
    if (size === bytes || size - bytes >= frameHeaderBytes) return size
  }
  return undefined
}

/** `frames`, and behind them a padding frame of zeros up to `size`. */
export function pad(frames: Bytes, size: number): Bytes {
  if (frames.length === size) return frames
  const padded = new Uint8Array(size)
  padded.set(frames)
  const payload = padded.subarray(frames.length + frameHeaderBytes)
  writeFrameHeader(padded, frames.length, { kind: paddingKind, payload })
  return padded
}

/** What one peer may send of padding, over all streams of its connection. */
export interface PaddingAllowance {
  /** @param bytes of a padding frame. @param otherBytes that came on its stream since the padding before. False when it is too much. */
  take(bytes: number, otherBytes: number): boolean
}

/** Padding is free up to as many bytes as came with it; beyond that it has a rate. */
export function createPaddingAllowance(now: () => number): PaddingAllowance {
  const policy = tokenBucketPolicy(paddingBytesPerSecond, 1_000, paddingBurstBytes)
  let bucket: TokenBucket = 0
  return {
    take(bytes, otherBytes) {
      const taken = takeTokens(policy, bucket, now(), Math.max(0, paddingFrameCost + bytes - otherBytes))
      bucket = taken.bucket
      return taken.conforms
    },
  }
}
