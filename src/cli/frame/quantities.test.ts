import { describe, expect, it } from 'vitest'
import { bytesText, durationText, parseDuration } from './quantities.ts'
import { shortAddress, shortPeer, wholeName } from './short-names.ts'

describe('quantities', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [999.6, '1.0k'],
    [1000, '1.0k'],
    [9949, '9.9k'],
    [9950, '10k'],
    [999_499, '999k'],
    [999_500, '1.0M'],
    [12_345_678, '12M'],
    [3.2e12, '3.2T'],
    [5e20, '500000P'],
  ])('%d bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text))

  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
  ])('%s is a time', (text, ms) => expect(parseDuration('for', text)).toBe(ms))

  it.each(['', '1', 'h', '0s', '-1h', '1.5h', '1 h', '1y', '9999999999d'])('%j is none', (text) => {
    expect(() => parseDuration('for', text)).toThrow(expect.objectContaining({ code: 'USAGE_INVALID' }))
  })

  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [7_200_000, '2 h'],
    [9 * 86_400_000, '9 d'],
  ])('%d ms are %s', (ms, text) => expect(durationText(ms)).toBe(text))
})

describe('names', () => {
  const id = `12D3KooW${'a'.repeat(36)}q1Xz45Ab`

  it('are short in tables', () => {
    expect([shortPeer(id), shortPeer('node0')]).toEqual(['…q1Xz45Ab', 'node0'])
    expect(shortAddress(`/ip4/127.0.1.4/tcp/26700/p2p/${id}`)).toBe('127.0.1.4:26700')
    expect(shortAddress('/ip6/::1/udp/9/quic-v1')).toBe('[::1]:9')
    expect(shortAddress('/memory/1')).toBe('/memory/1')
  })

  it('are found by their end, when one alone has it', () => {
    const known = [id, `${id.slice(0, -1)}c`, '10.0.0.1']
    expect([wholeName('…q1Xz45Ab', known), wholeName('Xz45Ac', known)]).toEqual([id, known[1]])
    for (const given of ['zzzzzz', 'b', '10.0.0.1', '0.0.1.1', 'aaaa']) expect(wholeName(given, known)).toBe(given)
  })
})
