import { expect, test } from 'vitest'
import { person, tokens } from '../../../test/ledger/ledger-world.ts'
import { encodeAddress } from '../../crypto/address.ts'
import { toHex } from '../../primitives/bytes.ts'
import { createOverlay } from '../overlay.ts'
import { readLedgerGenesis, writeLedgerGenesis } from './genesis.ts'
import { stakeOfNetworkKey } from './network-key.ts'
import { ledgerParametersSchema } from './parameters.ts'
import { readAccount, readOperator, readTotals, readValidator } from './records.ts'

const [ada, bob, vera] = [person('ada'), person('bob'), person('vera')]
const named = (of: typeof ada, prefix = 'test') => encodeAddress(prefix, of.address)
const key = toHex(vera.consensus.publicKey)
const account = (of: typeof ada, balance: string) => ({ address: named(of), balance })
const operator = { consensus_key: key, address: named(vera) }

function read(
  appState: unknown,
  validators = [{ consensusKey: vera.consensus.publicKey, power: tokens(1000) }],
  parameters = {},
) {
  return readLedgerGenesis({ appState, addressPrefix: 'test', validators, parameters: ledgerParametersSchema.parse(parameters) })
}

test('accounts and validators of the genesis stand in the first state', () => {
  const genesis = read({ accounts: [account(ada, '5'), account(bob, '7')], operators: [operator] })
  if (!genesis.ok) throw new Error(genesis.error)
  const state = createOverlay({ get: () => undefined })
  writeLedgerGenesis(state, genesis.value)
  expect(readAccount(state, ada.address)).toEqual({ balance: 5n, nonce: 0 })
  expect(readValidator(state, vera.address)?.stake).toBe(tokens(1000))
  expect(readOperator(state, vera.consensus.publicKey)).toEqual(vera.address)
  expect(readTotals(state)).toEqual({ issued: tokens(1000) + 12n, burned: 0n, validators: 1, power: tokens(1000), idle: 0n })
})

test.each<[string, unknown]>([
  ['operators', {}],
  ['operators', { operators: [] }],
  ['balnce', { accounts: [{ address: named(ada), balnce: '5' }], operators: [operator] }],
  ['balance', { accounts: [account(ada, '-5')], operators: [operator] }],
  ['balance', { accounts: [account(ada, '05')], operators: [operator] }],
  ['ADDRESS_PREFIX', { accounts: [{ address: named(ada, 'other'), balance: '5' }], operators: [operator] }],
  ['ADDRESS_MALFORMED', { accounts: [{ address: 'test1nonsense', balance: '5' }], operators: [operator] }],
  ['stands twice', { accounts: [account(ada, '5'), account(ada, '6')], operators: [operator] }],
  ['exceeds', { accounts: [account(ada, '18446744073709551616')], operators: [operator] }],
  ['network_key', { operators: [{ ...operator, network_key: 'ab' }] }],
  ['add up', { accounts: [account(ada, '18446744073709551615')], operators: [operator] }],
  ['not the key of a first validator', { operators: [{ ...operator, consensus_key: key.replaceAll(/./g, '0') }] }],
  ['has an operator already', { operators: [operator, { ...operator, address: named(ada) }] }],
])('refused, in words: %s', (words, appState) => {
  const genesis = read(appState)
  expect(genesis.ok).toBe(false)
  expect(genesis.ok || genesis.error).toContain(words)
})

test('a first validator needs an operator of its own and the minimum stake', () => {
  const second = { consensusKey: bob.consensus.publicKey, power: tokens(1000) }
  const first = { consensusKey: vera.consensus.publicKey, power: tokens(1000) }
  const secondOperator = { consensus_key: toHex(bob.consensus.publicKey), address: named(vera) }
  expect(read({ operators: [operator] }, [first, second])).toMatchObject({
    ok: false,
    error: expect.stringContaining('no operator'),
  })
  expect(read({ operators: [operator, secondOperator] }, [first, second])).toMatchObject({
    ok: false,
    error: expect.stringContaining('operates two validators'),
  })
  expect(read({ operators: [operator] }, [{ ...first, power: tokens(1000) - 1n }])).toMatchObject({
    ok: false,
    error: expect.stringContaining('below the minimum'),
  })
})

test('a network key of the genesis stands behind a stake that suffices, and for one operator', () => {
  const networkKey = toHex(ada.keypair.publicKey)
  const genesis = read({ operators: [{ ...operator, network_key: networkKey }] })
  if (!genesis.ok) throw new Error(genesis.error)
  const state = createOverlay({ get: () => undefined })
  writeLedgerGenesis(state, genesis.value)
  expect(stakeOfNetworkKey(state, ada.keypair.publicKey)).toBe(tokens(1000))

  const second = { consensus_key: toHex(bob.consensus.publicKey), address: named(bob), network_key: networkKey }
  const validators = [vera, bob].map(({ consensus }) => ({ consensusKey: consensus.publicKey, power: tokens(1000) }))
  expect(read({ operators: [{ ...operator, network_key: networkKey }, second] }, validators)).toMatchObject({
    ok: false,
    error: expect.stringContaining('stands twice'),
  })
  const poor = { minimum_stake: 1 }
  const little = [{ consensusKey: vera.consensus.publicKey, power: tokens(1000) - 1n }]
  expect(read({ operators: [{ ...operator, network_key: networkKey }] }, little, poor)).toMatchObject({
    ok: false,
    error: expect.stringContaining('too low for a network key'),
  })
})
