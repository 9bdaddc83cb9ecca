import { expect, test } from 'vitest'
import { createOverlay } from '../../src/application/overlay.ts'
import { decoded, emptyState, executeTexts } from '../application-harness.ts'
import { application } from './application.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

test('the last write to a key wins', () => {
  const state = createOverlay(emptyState)
  const results = executeTexts(application, state, ['colour=red', 'shape=round', 'colour=blue'])
  expect(results.map((result) => result.code)).toEqual([0, 0, 0])
  expect(application.query?.('', utf8('colour'), state)).toEqual({ ok: true, value: utf8('blue') })
  expect(application.query?.('', utf8('size'), state)).toEqual({ ok: true, value: new Uint8Array(0) })
})

test('a value may hold an equals sign, and may be empty', () => {
  const state = createOverlay(emptyState)
  executeTexts(application, state, ['equation=1+1=2', 'nothing='])
  expect(state.get(utf8('equation'))).toEqual(utf8('1+1=2'))
  expect(state.get(utf8('nothing'))).toEqual(new Uint8Array(0))
})

test.each(['', 'no equals sign', '=value', '\u0000system=value'])('%j is refused', (text) => {
  expect(decoded(application, text)).toMatchObject({ ok: false, error: { code: 'TX_MALFORMED' } })
})

test('transactions ask for no signature and no fee', () => {
  expect(decoded(application, 'a=b')).toMatchObject({ ok: true, value: { fee: 0n, signatures: [] } })
})
