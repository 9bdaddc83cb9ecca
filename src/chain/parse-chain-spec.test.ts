import { describe, expect, it } from 'vitest'
import { addressOf, encodeAddress } from '../crypto/address.ts'
import { blsKeypair, provePossession } from '../crypto/bls.ts'
import { ed25519Keypair } from '../crypto/ed25519.ts'
import { toHex } from '../primitives/bytes.ts'
import { canonicalChainSpec, chainIdOf } from './chain-spec.ts'
import { genesisOf } from './genesis.ts'
import { parseChainSpec } from './parse-chain-spec.ts'

const validator = blsKeypair(new Uint8Array(32).fill(1))
const key = toHex(validator.publicKey)
const possession = toHex(provePossession(validator))
const address = encodeAddress('synod', addressOf(ed25519Keypair(new Uint8Array(32).fill(2)).publicKey))

const chain = ['[chain]', 'name = "test"', 'genesis_time = 2026-01-31T12:00:00Z', '']
const member = [
  '[[validators]]',
  `consensus_key = "${key}"`,
  `possession = "${possession}"`,
  'power = 1000',
  `operator = "${address}"`,
  '',
]
const account = ['[[accounts]]', `address = "${address}"`, 'balance = "2_500.25"', '']
const withNetworkKey = ([head = '', ...rest]: readonly string[]) => [head, `network_key = "${'ab'.repeat(32)}"`, ...rest]
const text = (...parts: readonly (readonly string[])[]) => parts.flat().join('\n')
const good = text(chain, member, account)

function faultsOf(source: string): readonly string[] {
  const parsed = parseChainSpec(source, 'chain.toml')
  return parsed.ok ? [] : parsed.error.map(({ code, where, message }) => `${code} ${where} ${message}`)
}

function parsed(source: string) {
  const result = parseChainSpec(source, 'chain.toml')
  expect(result).toMatchObject({ ok: true })
  if (!result.ok) throw new Error('unreachable')
  return result.value
}

describe('a good chain spec', () => {
  it('is decoded, completed with defaults and frozen', () => {
    const spec = parsed(good)
    expect(spec.chain.genesis_time).toBe(Date.UTC(2026, 0, 31, 12))
    expect(spec.consensus.interval_ms).toBe(1000)
    expect(spec.validators[0]?.power).toBe(1_000_000_000_000n)
    expect(spec.accounts[0]?.balance).toBe(2_500_250_000_000n)
    expect(Object.isFrozen(spec)).toBe(true)
    expect(Object.isFrozen(spec.consensus)).toBe(true)
    expect(Object.isFrozen(spec.validators[0])).toBe(true)
  })

  it('has an id that depends on its meaning, not on its text', () => {
    const id = toHex(chainIdOf(parsed(good)))
    const rewritten = text(
      ['# a remark', '[consensus]', 'interval_ms = 1_000', ''],
      ['[[accounts]]', 'balance = 2500.25'.replace('2500.25', '"2500.250"'), `address = "${address}"`, ''],
      member,
      ['[chain]', 'genesis_time = 1769860800000', 'name = "test"'],
    )
    expect(toHex(chainIdOf(parsed(rewritten)))).toBe(id)
    expect(toHex(chainIdOf(parsed(good.replace('power = 1000', 'power = 1001'))))).not.toBe(id)
    expect(toHex(chainIdOf(parsed(`${good}\n[ledger]\nminimum_fee = 5`)))).not.toBe(id)
  })

  it('keeps its canonical form: a change of it is a change of every chain id', () => {
    expect(canonicalChainSpec(parsed(good))).toMatchSnapshot()
    expect(toHex(chainIdOf(parsed(good)))).toMatchSnapshot()
  })

  it('gives the application its genesis', () => {
    expect(genesisOf(parsed(good))).toEqual({
      time: 1_769_860_800_000,
      validators: [{ consensusKey: validator.publicKey, power: 1_000_000_000_000n }],
      appState: { accounts: [{ address, balance: '2500250000000' }], operators: [{ consensus_key: key, address }] },
    })
  })

  it('may give a validator’s network key, which is another chain', () => {
    const networkKey = toHex(ed25519Keypair(new Uint8Array(32).fill(5)).publicKey)
    const spec = parsed(good.replace('operator =', `network_key = "${networkKey}"\noperator =`))
    expect(genesisOf(spec).appState.operators).toEqual([{ consensus_key: key, address, network_key: networkKey }])
    expect(toHex(chainIdOf(spec))).not.toBe(toHex(chainIdOf(parsed(good))))
  })

  it('keeps a ten-minute interval and none at all', () => {
    expect(parsed(`${good}\n[consensus]\ninterval_ms = 600_000\nschedule = "fixed"`).consensus.interval_ms).toBe(600_000)
    expect(parsed(`${good}\n[consensus]\ninterval_ms = 0`).consensus.interval_ms).toBe(0)
  })
})

describe('a bad chain spec', () => {
  it.each([
    [
      'unknown key',
      `${good}[limits]\nblock_byte_max = 5`,
      'CONFIG_UNKNOWN_KEY chain.toml:15 Unknown key limits.block_byte_max. Did you mean limits.block_bytes_max?',
    ],
    [
      'words in another order',
      `${good}[limits]\nmax_block_bytes = 5`,
      'CONFIG_UNKNOWN_KEY chain.toml:15 Unknown key limits.max_block_bytes. Did you mean limits.block_bytes_max?',
    ],
    [
      'the right key in the wrong table',
      `${good}[consensus]\nblock_bytes_max = 5`,
      'CONFIG_UNKNOWN_KEY chain.toml:15 Unknown key consensus.block_bytes_max. Did you mean limits.block_bytes_max?',
    ],
    [
      'unknown table',
      `${good}[consensu]\ninterval_ms = 5`,
      'CONFIG_UNKNOWN_KEY chain.toml:14 Unknown key consensu. Did you mean consensus?',
    ],
    ['syntax', 'a = [1', 'CONFIG_SYNTAX chain.toml:1'],
    [
      'a value of another type',
      `${good}[consensus]\ninterval_ms = "fast"`,
      'CONFIG_INVALID_VALUE chain.toml:15 consensus.interval_ms is "fast"; it must be an integer.',
    ],
    [
      'a fraction',
      `${good}[consensus]\ninterval_ms = 1.5`,
      'CONFIG_INVALID_VALUE chain.toml:15 consensus.interval_ms is 1.5; it must be an integer.',
    ],
    [
      'a value out of range',
      `${good}[consensus]\ninterval_ms = 600001`,
      'CONFIG_INVALID_VALUE chain.toml:15 consensus.interval_ms is 600001; the most is 600000.',
    ],
    [
      'an unknown word',
      `${good}[consensus]\nschedule = "fixd"`,
      'CONFIG_INVALID_VALUE chain.toml:15 consensus.schedule is "fixd"; it must be "paced" or "fixed". Did you mean fixed?',
    ],
    ['no validators', text(chain, account), 'CONFIG_MISSING_KEY chain.toml:1 validators is missing.'],
    ['no name', good.replace('name = "test"\n', ''), 'CONFIG_MISSING_KEY chain.toml:1 chain.name is missing.'],
    ['no power', good.replace('power = 1000', 'power = 0'), 'CONFIG_INVALID_VALUE chain.toml:8 validators[0].power is zero'],
    [
      'too much power',
      good.replace('power = 1000', 'power = 18446744074'),
      'CONFIG_INVALID_VALUE chain.toml:8 validators[0].power is not an amount',
    ],
    ['negative power', good.replace('power = 1000', 'power = -1'), 'CONFIG_INVALID_VALUE chain.toml:8 validators[0].power is -1'],
    [
      'a validator twice',
      text(chain, member, member),
      'CONFIG_INVALID_VALUE chain.toml:12 validators[1].consensus_key is that of validators[0]',
    ],
    [
      'another’s proof',
      good.replace(possession, toHex(provePossession(blsKeypair(new Uint8Array(32).fill(3))))),
      'CONFIG_INVALID_VALUE chain.toml:7 validators[0].possession does not prove',
    ],
    [
      'an account twice',
      text(chain, member, account, account),
      'CONFIG_INVALID_VALUE chain.toml:16 accounts[1].address is that of accounts[0]',
    ],
    [
      'a network key without an operator',
      good.replace(/operator = .*/, `network_key = "${'ab'.repeat(32)}"`),
      'CONFIG_INVALID_VALUE chain.toml:9 validators[0].network_key is delegated by the operator: the validator needs one.',
    ],
    [
      'a network key twice',
      text(chain, withNetworkKey(member), withNetworkKey(member)),
      'CONFIG_INVALID_VALUE chain.toml:13 validators[1].network_key is that of validators[0]: a network key speaks for one validator.',
    ],
    [
      'half a network key',
      good.replace('operator =', `network_key = "${'ab'.repeat(31)}"\noperator =`),
      'CONFIG_INVALID_VALUE chain.toml:9 validators[0].network_key',
    ],
    [
      'a mistyped address',
      good.replace(`address = "${address}"`, `address = "${address.replace(/.$/, 'b')}"`),
      'CONFIG_INVALID_VALUE chain.toml:12 accounts[0].address is not an address',
    ],
    [
      'another chain’s addresses',
      good.replace('name = "test"', 'name = "test"\naddress_prefix = "other"'),
      'CONFIG_INVALID_VALUE chain.toml:10 validators[0].operator is an address of another chain: here they begin with other1.',
    ],
    [
      'more than there can be',
      `${good}${text(account)
        .replace(address, encodeAddress('synod', new Uint8Array(20)))
        .replace('2_500.25', '18446744073')}`,
      'CONFIG_INVALID_VALUE chain.toml:11 accounts and the validators hold more',
    ],
    [
      'a time without offset',
      good.replace('12:00:00Z', '12:00:00'),
      'CONFIG_INVALID_VALUE chain.toml:3 chain.genesis_time is not a date',
    ],
    [
      'a timeout above the bound',
      `${good}[consensus]\npropose_timeout_ms = 30_000`,
      'CONFIG_CONTRADICTION chain.toml:15 consensus.propose_timeout_ms is 30000, more than',
    ],
    [
      'a fixed schedule without interval',
      `${good}[consensus]\nschedule = "fixed"\ninterval_ms = 0`,
      'CONFIG_CONTRADICTION chain.toml:15 consensus.schedule',
    ],
    [
      'a fixed schedule without empty blocks',
      `${good}[consensus]\nschedule = "fixed"\nempty_blocks = false`,
      'CONFIG_CONTRADICTION chain.toml:16 consensus.empty_blocks',
    ],
    [
      'timeouts that do not grow',
      `${good}[consensus]\ntimeout_growth_ms = 0`,
      'CONFIG_CONTRADICTION chain.toml:15 consensus.timeout_growth_ms is 0',
    ],
    [
      'transactions larger than a block',
      `${good}[limits]\nblock_bytes_max = 2048`,
      'CONFIG_CONTRADICTION chain.toml:14 limits.transaction_bytes_max',
    ],
    [
      'an application named like a table',
      `${good}[application]\nname = "consensus"`,
      'CONFIG_INVALID_VALUE chain.toml:15 application.name is consensus, which is the name of another table.',
    ],
    [
      'a fraction in the application’s table',
      `${good}[ledger]\nminimum_fee = 0.5`,
      'CONFIG_INVALID_VALUE chain.toml:14 ledger may hold',
    ],
    ['a hostile key', `${good}\n__proto__.power = 1`, 'CONFIG_SYNTAX'],
  ])('%s is refused with its line', (_name, source, expected) => {
    expect(
      faultsOf(source).some((fault) => fault.startsWith(expected)),
      faultsOf(source).join('\n'),
    ).toBe(true)
  })

  it('is told everything at once', () => {
    const faults = faultsOf(`${good}[consensus]\nintervall_ms = 5\nschedule = "x"\n[limits]\nblock_bytes_max = 1`)
    expect(faults).toHaveLength(3)
  })
})
