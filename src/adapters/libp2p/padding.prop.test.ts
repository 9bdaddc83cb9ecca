import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFrameReader, frameBytes, frameHeaderBytes } from './frame.ts'
import { createFrameGatherer } from './frame-gatherer.ts'
import { createFrameQueue } from './frame-queue.ts'
import { paddedBytesMin, paddingBurstBytes, paddingBytesPerSecond, writeBytesMax } from './limits.ts'
import { createPaddingAllowance, paddedLimit, paddedSize, paddingBytesMax, paddingKind } from './padding.ts'
import { countAllAs, createTrafficMeter } from './traffic-meter.ts'

const sizes = Array.from({ length: 10 }, (_, index) => 256 << index)
const anyLimit = fc.constantFrom(...sizes.slice(1))
/** Lengths near the sizes matter more than others. */
const anyLength = fc.oneof(
  fc.integer({ min: 1, max: 2 * writeBytesMax }),
  fc.tuple(fc.constantFrom(...sizes), fc.integer({ min: -12, max: 4 })).map(([size, more]) => size + more),
)

describe('the size of a write', () => {
  it('is the least that leaves room for nothing or for a padding frame', () => {
    expect([sizes[0], sizes.at(-1)]).toEqual([paddedBytesMin, writeBytesMax])
    fc.assert(
      fc.property(anyLength, anyLimit, (bytes, limit) => {
        const fits = (size: number) => size === bytes || size >= bytes + frameHeaderBytes
        expect(paddedSize(bytes, limit)).toBe(sizes.find((size) => size <= limit && fits(size)))
      }),
    )
  })

  it('is limited by the room there is', () => {
    fc.assert(
      fc.property(fc.nat(3 * writeBytesMax), (room) => {
        const limit = paddedLimit(room)
        if (room < 2 * paddedBytesMin) expect(limit).toBe(0)
        else expect(limit).toBe(sizes.findLast((size) => size <= room))
      }),
    )
  })
})

it('padded writes have these sizes, whatever they carry, and carry all of it', () => {
  const rooms = fc.array(fc.integer({ min: 2 * paddedBytesMin, max: 2 * writeBytesMax }), { minLength: 1, maxLength: 10 })
  fc.assert(
    fc.property(fc.array(anyLength, { minLength: 1, maxLength: 10 }), rooms, fc.boolean(), (lengths, free, hasId) => {
      const queue = createFrameQueue({ bytes: 1 << 30, messages: 100 })
      const frames = lengths.map((length, index) => ({
        kind: index,
        ...(hasId && { id: index }),
        payload: new Uint8Array(Math.max(0, length - frameHeaderBytes - (hasId ? 4 : 0))).fill(index + 1),
      }))
      for (const frame of frames) queue.push(frame)
      const meter = createTrafficMeter()
      const gatherer = createFrameGatherer([queue], countAllAs(meter, 'blocks'))
      const reader = createFrameReader((kind) => (kind === paddingKind ? paddingBytesMax : 1 << 20))
      const received: { kind: number; bytes: number }[] = []
      let written = 0
      for (let turn = 0; gatherer.waitingBytes() > 0; turn++) {
        const room = free[turn % free.length] as number
        const batch = gatherer.gatherPadded(paddedLimit(room))
        expect(sizes).toContain(batch.length)
        expect(batch.length).toBeLessThanOrEqual(room)
        written += batch.length
        reader.push(batch)
        for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
          if (frame.kind === paddingKind) expect(frame.payload.every((byte) => byte === 0)).toBe(true)
          else received.push({ kind: frame.kind, bytes: frame.payload.length + frameHeaderBytes })
        }
      }
      expect(reader.violation).toBeUndefined()
      expect(received).toEqual(frames.map((frame) => ({ kind: frame.kind, bytes: frameBytes(frame) })))
      const messages = frames.reduce((sum, frame) => sum + frameBytes(frame), 0)
      expect(meter.sent.reduce((sum, bytes) => sum + bytes, 0)).toBe(
        frames.reduce((sum, frame) => sum + frame.payload.length, 0) + written - messages,
      )
    }),
  )
})

describe('the allowance of padding', () => {
  it('is as much as comes with it, at any speed', () => {
    const allowance = createPaddingAllowance(() => 0)
    for (let turn = 0; turn < 1_000; turn++) expect(allowance.take(65_000, 66_000)).toBe(true)
  })

  it('has a rate beyond that', () => {
    let now = 0
    const allowance = createPaddingAllowance(() => now)
    const takeAll = () => {
      let bytes = 0
      while (allowance.take(1_000, 0)) bytes += 1_000
      return bytes
    }
    const isAbout = (bytes: number, expected: number) => Math.abs(bytes / expected - 1) < 0.1
    expect(isAbout(takeAll(), paddingBurstBytes)).toBe(true)
    now = 500
    expect(isAbout(takeAll(), paddingBytesPerSecond / 2)).toBe(true)
  })
})
