import { expect, test } from 'vitest'
import { createOverlay } from '../../src/application/overlay.ts'
import { decoded, emptyState, executeTexts, genesisRequest } from '../application-harness.ts'
import { guestbook } from './application.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

test('lines are numbered in the order of execution', () => {
  const state = createOverlay(emptyState)
  guestbook.initChain(genesisRequest, state)
  const results = executeTexts(guestbook, state, ['Ada was here', 'so was Alan'])
  expect(results.map((result) => result.data)).toEqual([utf8('0'), utf8('1')])
  expect(results[1]?.events).toEqual([{ type: 'signed', attributes: [{ key: 'number', value: '1' }] }])
  expect(guestbook.query?.('1', new Uint8Array(0), state)).toEqual({ ok: true, value: utf8('so was Alan') })
})

test('a line that is too long is refused', () => {
  expect(decoded(guestbook, 'x'.repeat(201))).toMatchObject({ ok: false, error: { code: 'TX_MALFORMED' } })
})
