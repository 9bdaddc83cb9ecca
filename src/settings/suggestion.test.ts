import { expect, it } from 'vitest'
import { didYouMean, suggestion } from './suggestion.ts'

const known = ['p2p.peers', 'p2p.listen', 'p2p.peers_max', 'limits.block_bytes_max', 'consensus.interval_ms', 'api.port']

it.each([
  ['p2p.max_peers', 'p2p.peers_max'],
  ['p2p.peer', 'p2p.peers'],
  ['p2p.lisetn', 'p2p.listen'],
  ['P2P.PEERS', 'p2p.peers'],
  ['consensus.block_bytes_max', 'limits.block_bytes_max'],
  ['consensus.intervall_ms', 'consensus.interval_ms'],
  ['completely.different_thing', undefined],
  ['x', undefined],
])('%s is taken for %s', (given, meant) => {
  expect(suggestion(given, known)).toBe(meant)
})

it('is a sentence, or nothing', () => {
  expect(didYouMean('api.prot', known)).toBe(' Did you mean api.port?')
  expect(didYouMean('zzzzzz', known)).toBe('')
})

it('is bounded for hostile lengths', () => {
  expect(suggestion('p2p.peers'.repeat(100_000), known)).toBeDefined()
})
