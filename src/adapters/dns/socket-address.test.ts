import { expect, it } from 'vitest'
import { parseSocketAddress } from './socket-address.ts'

it.each([
  ['127.0.0.1', { host: '127.0.0.1', port: 53 }],
  ['127.0.0.1:5353', { host: '127.0.0.1', port: 5353 }],
  ['::1', { host: '::1', port: 53 }],
  ['[::1]', { host: '::1', port: 53 }],
  ['[::1]:5353', { host: '::1', port: 5353 }],
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['127.0.0.1:65536', undefined],
  ['example.org:53', undefined],
  ['', undefined],
  [':53', undefined],
  ['[::1', undefined],
])('%j', (text, expected) => {
  expect(parseSocketAddress(text, 53)).toEqual(expected)
})
