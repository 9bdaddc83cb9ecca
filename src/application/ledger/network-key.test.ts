import { expect, test } from 'vitest'
import {
  chainId,
  createLedgerWorld,
  doubleVote,
  type Person,
  person,
  signedTransaction,
  tokens,
} from '../../../test/ledger/ledger-world.ts'
import { proveDelegation } from '../../chain/delegation.ts'
import type { Operation } from '../../chain/transaction.ts'
import { type Ed25519Keypair, ed25519Keypair, ed25519Verify } from '../../crypto/ed25519.ts'

const [ada, vera, wanda] = [person('ada'), person('vera'), person('wanda')]
const [first, second] = [ed25519Keypair(new Uint8Array(32).fill(1)), ed25519Keypair(new Uint8Array(32).fill(2))]

function delegation(of: Person, key: Ed25519Keypair): Operation {
  const possession = proveDelegation(key, chainId, of.address)
  return { type: 'delegate-network-key', networkKey: key.publicKey, possession }
}

function world() {
  const ledger = createLedgerWorld({
    balances: { ada: 5000, vera: 100, wanda: 100 },
    validators: { vera: 2000, wanda: 1500 },
    parameters: { minimum_stake: 1_000_000_000 },
  })
  const delegate = (who: Person, key: Ed25519Keypair) => ledger.block([ledger.transaction(who, [delegation(who, key)])])
  const stakeOf = (key: Ed25519Keypair) => ledger.application.stakeOfNetworkKey?.(ledger.state, key.publicKey)
  return { ...ledger, delegate, stakeOf }
}

test('an operator delegates a key, and its stake stands behind it', () => {
  const { delegate, stakeOf } = world()
  expect(stakeOf(first)).toBe(0n)
  expect(delegate(vera, first)).toEqual(['executed'])
  expect([stakeOf(first), stakeOf(second)]).toEqual([tokens(2000), 0n])
})

test('an account has one key: the next replaces it', () => {
  const { delegate, stakeOf } = world()
  delegate(vera, first)
  expect(delegate(vera, second)).toEqual(['executed'])
  expect([stakeOf(first), stakeOf(second)]).toEqual([0n, tokens(2000)])
  expect(delegate(wanda, first)).toEqual(['executed'])
})

test('a key has one account', () => {
  const { delegate, stakeOf } = world()
  delegate(vera, first)
  expect(delegate(wanda, first)).toEqual(['key-taken'])
  expect(stakeOf(first)).toBe(tokens(2000))
})

test('who has nothing at stake, or too little, delegates nothing', () => {
  const { delegate, block, transaction, stakeOf } = world()
  expect(delegate(ada, first)).toEqual(['not-a-validator'])
  block([transaction(vera, [{ type: 'unstake', amount: tokens(1001) }])])
  expect(delegate(vera, first)).toEqual(['stake-too-low'])
  expect(stakeOf(first)).toBe(0n)
})

test('the key goes with the stake, and does not come back by itself', () => {
  const { delegate, block, transaction, stakeOf } = world()
  delegate(vera, first)
  block([transaction(vera, [{ type: 'unstake', amount: tokens(1000) }])])
  expect(stakeOf(first)).toBe(tokens(1000))
  block([transaction(vera, [{ type: 'unstake', amount: 1n }])])
  expect(stakeOf(first)).toBe(0n)
  block([transaction(vera, [{ type: 'stake', amount: tokens(10) }])])
  expect(stakeOf(first)).toBe(0n)
  expect(delegate(wanda, first)).toEqual(['executed'])
})

test('a convicted validator loses its key', () => {
  const { delegate, block, stakeOf } = world()
  delegate(vera, first)
  block([], [doubleVote(vera, 1)])
  expect(stakeOf(first)).toBe(0n)
  expect(delegate(vera, second)).toEqual(['validator-jailed'])
})

test('possession of the key is among the signatures of the transaction, for this chain and operator alone', () => {
  const { application } = world()
  const fields = { chainId, nonce: 0, fee: 2000n, expiryHeight: 9 }
  const check = (from: Person, operation: Operation) => {
    const decoded = application.decodeTransaction(signedTransaction(from, [operation], fields))
    if (!decoded.ok) throw new Error(decoded.error.code)
    return decoded.value.signatures.map(({ publicKey, message, signature }) => ed25519Verify(publicKey, message, signature))
  }
  expect(check(vera, delegation(vera, first))).toEqual([true, true])
  expect(check(wanda, delegation(vera, first))).toEqual([true, false])
  expect(check(vera, { ...delegation(vera, first), networkKey: second.publicKey } as Operation)).toEqual([true, false])
  const twice = signedTransaction(vera, [delegation(vera, first), delegation(vera, second)], fields)
  expect(application.decodeTransaction(twice)).toMatchObject({ ok: false, error: { code: 'TX_MALFORMED' } })
})
