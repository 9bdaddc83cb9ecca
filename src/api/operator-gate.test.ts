import { timingSafeEqual } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from './api-error.ts'
import { createOperatorGate, type OperatorRequest } from './operator-gate.ts'

vi.mock('node:crypto', async (actual) => {
  const crypto = await actual<typeof import('node:crypto')>()
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) }
})

const token = 'a1'.repeat(32)
const logged: string[] = []
let counted: string[] = []
let nowMs = 0
let gate = newGate()

function newGate() {
  return createOperatorGate({
    token,
    telemetry: {
      log: (level, message, fields) => void logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
      count: (metric, _by, labels) => void counted.push(`${metric} ${labels?.['code']}`),
    },
    now: () => nowMs,
  })
}

beforeEach(() => {
  logged.length = 0
  counted = []
  nowMs = 1_000_000
  gate = newGate()
})

function ask(request: Partial<OperatorRequest> = {}, needed = true): boolean | string {
  try {
    return gate.isOperator({ authorization: undefined, search: {}, host: '127.0.0.1', ...request }, needed)
  } catch (error) {
    return error instanceof ApiError ? `${error.status} ${error.code}` : String(error)
  }
}

describe('the operator’s gate', () => {
  it.each<[string, Partial<OperatorRequest>, boolean | string]>([
    ['the token', { authorization: `Bearer ${token}` }, true],
    ['the token, the scheme in small letters', { authorization: `bearer ${token}` }, true],
    ['nothing', {}, '401 API_TOKEN_MISSING'],
    ['an empty header', { authorization: '' }, '401 API_TOKEN_MISSING'],
    ['the token without a scheme', { authorization: token }, '401 API_TOKEN_MISSING'],
    ['the token as a password', { authorization: `Basic ${btoa(`operator:${token}`)}` }, '401 API_TOKEN_MISSING'],
    ['another token', { authorization: `Bearer ${'b2'.repeat(32)}` }, '403 API_TOKEN_WRONG'],
    ['all but the last digit', { authorization: `Bearer ${token.slice(0, -1)}` }, '403 API_TOKEN_WRONG'],
    ['a digit too many', { authorization: `Bearer ${token}0` }, '403 API_TOKEN_WRONG'],
    ['the token in capitals', { authorization: `Bearer ${token.toUpperCase()}` }, '403 API_TOKEN_WRONG'],
    ['two tokens', { authorization: `Bearer ${token} ${token}` }, '401 API_TOKEN_MISSING'],
    ['the token in the query', { search: { token } }, '401 API_TOKEN_MISSING'],
    ['the token in the query under its other name', { search: { access_token: token } }, '401 API_TOKEN_MISSING'],
    ['the token in the header and the query', { authorization: `Bearer ${token}`, search: { token } }, '401 API_TOKEN_MISSING'],
  ])('answers %s', (_what, request, outcome) => expect(ask(request)).toBe(outcome))

  it('takes nothing for nobody where nobody is needed, and a wrong claim for a wrong claim', () => {
    expect(ask({}, false)).toBe(false)
    expect(ask({ authorization: 'Bearer x' }, false)).toBe('403 API_TOKEN_WRONG')
    expect(ask({ search: { token } }, false)).toBe('401 API_TOKEN_MISSING')
  })

  it('compares digests in constant time, whatever the token given', () => {
    const compare = vi.mocked(timingSafeEqual)
    compare.mockClear()
    for (const given of ['x', token.slice(0, 40), token, 'y'.repeat(4000)]) ask({ authorization: `Bearer ${given}` })
    expect(compare.mock.calls.map(([left, right]) => [left.byteLength, right.byteLength])).toEqual(Array(4).fill([32, 32]))
    const told = compare.mock.calls.flat().map((side) => Buffer.from(side as Uint8Array).toString('latin1'))
    expect(told.some((side) => token.includes(side))).toBe(false)
  })

  it('tires of who keeps guessing, forgives in time, and lets the operator in meanwhile', () => {
    const guess = () => ask({ authorization: 'Bearer guess' })
    expect(Array.from({ length: 10 }, guess)).toEqual(Array(10).fill('403 API_TOKEN_WRONG'))
    expect([guess(), ask()]).toEqual(['429 API_TOKEN_THROTTLED', '429 API_TOKEN_THROTTLED'])
    expect(ask({ authorization: 'Bearer guess', host: '127.0.0.2' })).toBe('403 API_TOKEN_WRONG')
    expect(ask({ authorization: `Bearer ${token}` })).toBe(true)
    nowMs += 1000
    expect([guess(), guess()]).toEqual(['403 API_TOKEN_WRONG', '429 API_TOKEN_THROTTLED'])
  })

  it('logs a line a minute, counts each, and never says what was given', () => {
    for (let index = 0; index < 50; index++) ask({ authorization: 'Bearer guess', search: { q: token } })
    nowMs += 60_000
    ask({ search: { token } })
    expect(logged).toEqual([
      'warn requests for the operator were refused {"host":"127.0.0.1","requests":1}',
      'warn requests for the operator were refused {"host":"127.0.0.1","requests":50}',
    ])
    expect(counted).toHaveLength(51)
    expect(JSON.stringify([logged, counted])).not.toMatch(new RegExp(`${token}|guess`))
  })
})
