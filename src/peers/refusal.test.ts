import { describe, expect, it } from 'vitest'
import { rejections } from '../primitives/error-catalogue.ts'
import { readRefusal, refusal, refusalCodes, refusalText, refusalUntil } from './refusal.ts'

describe('what a responder throws, the requester reads', () => {
  it.each([
    [refusalUntil('PEER_OVER_BUDGET', 599.2), 'PEER_OVER_BUDGET', '600', 600],
    [refusalUntil('PEER_BUSY', 1000), 'PEER_BUSY', '1000', 1000],
    [refusalUntil('PEER_BUSY', Number.POSITIVE_INFINITY), 'PEER_BUSY', '60000', 60_000],
    [refusal('REQUEST_MALFORMED', 'CODEC_TRUNCATED'), 'REQUEST_MALFORMED', 'CODEC_TRUNCATED', undefined],
    [refusal('REQUEST_NOT_FOUND', 'no such block'), 'REQUEST_NOT_FOUND', 'no such block', undefined],
    [refusal('REQUEST_UNSUPPORTED', ''), 'REQUEST_UNSUPPORTED', '', undefined],
    [refusal('REQUEST_INTERNAL', 'the disk is full'), 'REQUEST_INTERNAL', 'the disk is full', undefined],
    [new Error('EIO: the disk of somebody'), 'REQUEST_INTERNAL', '', undefined],
    ['a thrown text', 'REQUEST_INTERNAL', '', undefined],
  ])('%s', (thrown, code, text, retryMs) => {
    expect(readRefusal(refusalText(thrown))).toEqual({ code, text, retryMs })
  })
})

describe('what else a peer may say', () => {
  it.each([
    ['PEER_BUSY 999999999', 'PEER_BUSY', 60_000],
    ['PEER_BUSY 9999999999', 'PEER_BUSY', undefined],
    ['PEER_BUSY', 'PEER_BUSY', undefined],
    ['PEER_BUSY -5', 'PEER_BUSY', undefined],
    ['PEER_BUSY 5 ', 'PEER_BUSY', undefined],
    ['REQUEST_NOT_FOUND 5', 'REQUEST_NOT_FOUND', undefined],
    ['peer_busy 5', 'REQUEST_INTERNAL', undefined],
    ['PEER_TIRED 5', 'REQUEST_INTERNAL', undefined],
    ['too many requests at once', 'REQUEST_INTERNAL', undefined],
    ['', 'REQUEST_INTERNAL', undefined],
  ])('%j', (text, code, retryMs) => {
    expect(readRefusal(text)).toMatchObject({ code, retryMs })
  })
})

it('has a code for each in the catalogue', () => {
  expect(refusalCodes.filter((code) => rejections[code].verdict !== 'ignore')).toEqual([])
})
