import { expect, test } from 'vitest'
import { type ChainSpec, consensusParametersSchema } from '../../chain/chain-spec.ts'
import { nodeConfigSchema } from './node-config.ts'
import { stateSettingsOf } from './state-settings-of.ts'
import { unbondingMsOf } from './unbonding-ms.ts'

function spec(name: string, parameters: Readonly<Record<string, unknown>>, consensus = {}): ChainSpec {
  const given = { application: { name, parameters }, consensus: consensusParametersSchema.parse(consensus) }
  return given as unknown as ChainSpec
}

test('stake is bound for as many intervals as the ledger says', () => {
  expect(unbondingMsOf(spec('ledger', {}))).toBe(200_000_000)
  expect(unbondingMsOf(spec('ledger', { unbonding_blocks: 10 }, { interval_ms: 500 }))).toBe(5000)
})

test('a trusted block convinces no longer than that', () => {
  const state = { sync: true, trust_height: 7, trust_hash: '0a'.repeat(32), trust_period_hours: 1 }
  const config = nodeConfigSchema.parse({ state })
  expect(stateSettingsOf(config, 5000).stateSync?.trust.periodMs).toBe(5000)
  expect(stateSettingsOf(config, Number.POSITIVE_INFINITY).stateSync?.trust.periodMs).toBe(3_600_000)
})

test.each([
  ['another application', spec('guestbook', {})],
  ['a chain without an interval', spec('ledger', {}, { interval_ms: 0 })],
])('nothing is known of %s', (_name, given) => expect(unbondingMsOf(given)).toBe(Number.POSITIVE_INFINITY))
