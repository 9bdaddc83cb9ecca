import { expect, it } from 'vitest'
import { refusalText, retryMsOf } from './refusal.ts'

it.each([
  [refusalText('PEER_OVER_BUDGET', 599.2), 600],
  [refusalText('PEER_BUSY', 1000), 1000],
  [refusalText('PEER_BUSY', Number.POSITIVE_INFINITY), 60_000],
  ['PEER_BUSY 999999999', 60_000],
  ['PEER_BUSY 9999999999', undefined],
  ['PEER_BUSY', undefined],
  ['PEER_BUSY -5', undefined],
  ['PEER_BUSY 5 ', undefined],
  ['too many requests at once', undefined],
])('%s: come again in %s ms', (text, expected) => {
  expect(retryMsOf(text)).toBe(expected)
})
