import { beforeAll, describe, expect, it } from 'vitest'
import { mutationsOf } from '../../test/client/mutations.ts'
import { createTestChain } from '../../test/engine/test-chain.ts'
import { accountStateKey } from '../application/ledger/keys.ts'
import { accountSchema } from '../application/ledger/records.ts'
import type { Header } from '../chain/header.ts'
import type { Address } from '../chain/identifiers.ts'
import { decode } from '../codec/codec.ts'
import { sha256 } from '../crypto/hash.ts'
import { type Bytes, toHex, utf8 } from '../primitives/bytes.ts'
import { verifyAccount, verifyState } from './verify.ts'
import { type AccountView, accountView } from './views.ts'

/** What a chain of the real ledger says of accounts in its first block, and all that a liar could make of it. */
let header: Header
let viewOf: (address: Address) => AccountView
let owner: Address
const nobody = sha256(utf8('nobody')).slice(0, 20) as Address

beforeAll(async () => {
  const { chain, spec, nextBlock } = await createTestChain()
  const { block, executed, commit } = nextBlock()
  await chain.commit(block, commit, executed)
  header = block.header
  owner = spec.accounts[0]!.address
  viewOf = (address) => {
    const key = accountStateKey(address)
    const value: Bytes | undefined = chain.state.reader().get(key)
    const { siblings, other } = chain.state.prove(key)
    const record = value ? decode(accountSchema, value) : undefined
    const { balance, nonce } = record?.ok ? record.value : { balance: 0n, nonce: 0 }
    return accountView.parse({
      address: toHex(address),
      height: header.height,
      balance: balance.toString(),
      nonce,
      key: toHex(key),
      value: value ? toHex(value) : null,
      proof: {
        siblings: siblings.map(toHex),
        other: other ? { path: toHex(other.path), valueHash: toHex(other.valueHash) } : null,
      },
    })
  }
})

describe.each([
  ['an account', () => owner],
  ['the absence of an account', () => nobody],
])('%s', (_what, addressOf) => {
  it('is believed with its proof', () => {
    const view = viewOf(addressOf())
    expect(verifyAccount(view, addressOf(), header)).toEqual({ ok: true, value: undefined })
    expect(verifyState({ ...view }, accountStateKey(addressOf()), header).ok).toBe(true)
  })

  it('is not, with anything in it changed', () => {
    const believed = [...mutationsOf(viewOf(addressOf()))].filter(({ value }) => verifyAccount(value, addressOf(), header).ok)
    // The address as text is what was asked; what it stands for is compared with the key.
    expect(new Set(believed.map(({ what }) => what.split(' ')[0]))).toEqual(new Set(['.address']))
  })

  it('is not of another account, another header, or another state', () => {
    const view = viewOf(addressOf())
    const other = addressOf() === owner ? nobody : owner
    expect(verifyAccount(view, other, header).ok).toBe(false)
    expect(verifyAccount(view, addressOf(), { ...header, height: header.height + 1 }).ok).toBe(false)
    expect(verifyAccount(view, addressOf(), { ...header, appHash: sha256(header.appHash) }).ok).toBe(false)
  })
})

it('a balance is not passed off as an absence, nor an absence as a balance', () => {
  const [present, absent] = [viewOf(owner), viewOf(nobody)]
  expect(verifyAccount({ ...present, value: null, balance: '0', nonce: 0 }, owner, header).ok).toBe(false)
  expect(
    verifyAccount({ ...absent, value: present.value, balance: present.balance, nonce: present.nonce }, nobody, header).ok,
  ).toBe(false)
})
