import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFeatures, encodeFeatures, featuresBytesMax } from './features.ts'

const features = fc.record({
  pacedGossip: fc.boolean(),
  zstd: fc.boolean(),
  padding: fc.boolean(),
  dictionaries: fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 16 }),
})

describe('features', () => {
  it('are read as they were written, within their bound', () => {
    fc.assert(
      fc.property(features, (one) => {
        const payload = encodeFeatures(one)
        expect(payload.length).toBeLessThanOrEqual(featuresBytesMax)
        expect(decodeFeatures(payload)).toEqual(one)
      }),
    )
  })

  it('of a later version are passed over, and those of no version refused', () => {
    expect(decodeFeatures(Uint8Array.of(0xff, 0xff, 0xff, 0xf8))).toMatchObject({
      pacedGossip: false,
      zstd: false,
      padding: false,
    })
    for (const length of [0, 1, 3, 5, 7]) expect(decodeFeatures(new Uint8Array(length))).toBeUndefined()
  })
})
