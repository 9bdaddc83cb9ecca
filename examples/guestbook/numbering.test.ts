import { expect, test } from 'vitest'
import { createOverlay } from '../../src/application/overlay.ts'
import { decoded, emptyState, executeTexts, genesisRequest } from '../application-harness.ts'
import { application } from './application.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

test('lines are numbered in the order of execution', () => {
  const state = createOverlay(emptyState)
  application.initChain(genesisRequest, state)
  const results = executeTexts(application, state, ['Ada was here', 'so was Alan'])
  expect(results.map((result) => result.data)).toEqual([utf8('0'), utf8('1')])
  expect(application.query?.('line/1', new Uint8Array(0), state)).toEqual({ ok: true, value: utf8('so was Alan') })
})

test('a line that is too long is refused', () => {
  expect(decoded(application, 'x'.repeat(201))).toMatchObject({ ok: false, error: { code: 'TX_MALFORMED' } })
})
