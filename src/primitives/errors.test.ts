import { expect, test } from 'vitest'
import { AssertionError, assert, unreachable } from './assert.ts'
import { OperationalError } from './operational-error.ts'
import { ok, reject } from './result.ts'

test('assert throws our own fault, and only then', () => {
  expect(() => assert(true)).not.toThrow()
  expect(() => assert(0, 'stake is never negative')).toThrow(new AssertionError('stake is never negative'))
})

test('unreachable names the value that should not exist', () => {
  expect(() => unreachable('step-9' as never)).toThrow('"step-9"')
})

test('a result is a value or a rejection', () => {
  expect(ok(1)).toEqual({ ok: true, value: 1 })
  expect(reject('CODEC_TRAILING', '3 bytes')).toEqual({ ok: false, error: { code: 'CODEC_TRAILING', detail: '3 bytes' } })
})

test('an operational error takes exit status and hint from the catalogue', () => {
  const cause = new Error('EACCES')
  const error = new OperationalError('CONFIG_UNKNOWN_KEY', 'Unknown key p2p.max_peers.', { where: 'node.toml:14', cause })
  expect(error).toMatchObject({
    name: 'OperationalError',
    code: 'CONFIG_UNKNOWN_KEY',
    message: 'Unknown key p2p.max_peers.',
    where: 'node.toml:14',
    exit: 78,
    docs: 'docs/errors.md#config_unknown_key',
    cause,
  })
  expect(error.hint).not.toBe('')
})

test('the place that throws may know a better hint', () => {
  expect(new OperationalError('CONFIG_UNKNOWN_KEY', 'x', { hint: 'Did you mean p2p.peers_max?' }).hint).toBe(
    'Did you mean p2p.peers_max?',
  )
})
