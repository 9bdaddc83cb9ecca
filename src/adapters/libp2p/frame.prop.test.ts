import fc from 'fast-check'
import { expect, it } from 'vitest'
import { concatBytes } from '../../primitives/bytes.ts'
import { createFrameReader, type Frame, frameBytes, frameHeaderBytes, type ReceivedFrame, writeFrameHeader } from './frame.ts'

const bytesMax = 300
const payloads = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 100, maxLength: bytesMax }))
const frames = fc.array(fc.record({ kind: fc.nat(255), payload: payloads }), { maxLength: 20 })

function encode(frame: Frame): Uint8Array {
  const bytes = new Uint8Array(frameBytes(frame))
  bytes.set(frame.payload, writeFrameHeader(bytes, 0, frame))
  return bytes
}

/** Cuts a byte string at arbitrary places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((left, right) => left - right)
  return at.slice(1).map((end, index) => bytes.slice(at[index] as number, end))
}

function readAll(
  chunks: readonly Uint8Array[],
  limit: number,
): { frames: ReceivedFrame[]; violation: string | undefined; consumed: number } {
  const reader = createFrameReader((kind) => (kind === 255 ? undefined : limit))
  const received: ReceivedFrame[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) received.push(frame)
  }
  return { frames: received, violation: reader.violation, consumed: reader.consumed }
}

it('reads what was written, however it was cut', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 30 }), (written, places) => {
      const allowed = written.filter(({ kind }) => kind !== 255)
      const bytes = concatBytes(...allowed.map(encode))
      const result = readAll(cut(bytes, places), bytesMax)
      expect(result.violation).toBeUndefined()
      expect(result.consumed).toBe(bytes.length)
      expect(result.frames.map(({ kind, payload }) => ({ kind, payload: [...payload] }))).toEqual(
        allowed.map(({ kind, payload }) => ({ kind, payload: [...payload] })),
      )
    }),
  )
})

it('puts the id before the payload', () => {
  expect([...encode({ kind: 7, id: 0xdeadbeef, payload: Uint8Array.of(1) })]).toEqual([7, 0, 0, 5, 0xde, 0xad, 0xbe, 0xef, 1])
})

it('refuses a frame by its header alone, and reads nothing after it', () => {
  fc.assert(
    fc.property(fc.nat(254), fc.integer({ min: bytesMax + 1, max: 0xff_ffff }), (kind, length) => {
      const header = Uint8Array.of(kind, length >>> 16, length >>> 8, length)
      const result = readAll([header, encode({ kind: 1, payload: new Uint8Array(3) })], bytesMax)
      expect(result.frames).toEqual([])
      expect(result.violation).toContain(`${length} bytes`)
      expect(result.consumed).toBe(frameHeaderBytes)
    }),
  )
})

it('takes arbitrary bytes without harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.array(fc.nat(), { maxLength: 10 }), (bytes, places) => {
      const result = readAll(cut(bytes, places), bytesMax)
      expect(result.consumed).toBeLessThanOrEqual(bytes.length)
    }),
  )
})

it('keeps a small message from keeping its chunk alive', () => {
  const reader = createFrameReader(() => 1 << 20)
  reader.push(concatBytes(encode({ kind: 0, payload: new Uint8Array(200) }), new Uint8Array(64 << 10)))
  expect(reader.next()?.payload.buffer.byteLength).toBeLessThanOrEqual(8 << 10)
})
