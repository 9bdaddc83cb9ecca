import { describe, expect, it } from 'vitest'
import { createTestChain } from '../../test/engine/test-chain.ts'
import { type Transaction, transactionSchema, transactionSignBytes } from '../chain/transaction.ts'
import { encode } from '../codec/codec.ts'
import { addressOf } from '../crypto/address.ts'
import { ed25519Keypair, ed25519Sign } from '../crypto/ed25519.ts'
import { sha256 } from '../crypto/hash.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import { createMempool } from '../mempool/mempool.ts'
import { defaultMempoolLimits } from '../mempool/mempool-limits.ts'
import { silence } from '../ports/telemetry.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { createTransactionIntake } from './transaction-intake.ts'

async function setUp() {
  const test = await createTestChain()
  const { application, chain, verifier, simulated, chainId } = test
  const mempool = createMempool(defaultMempoolLimits)
  let checks = 0
  const ed25519 = (items: readonly SignatureItem[]) => {
    checks += items.length
    return verifier.ed25519(items)
  }
  const intake = createTransactionIntake({
    application,
    chain,
    mempool,
    verifier: { ...verifier, ed25519 },
    telemetry: silence,
    transactionBytesMax: 1024,
    known: (id) => mempool.get(id),
  })
  const account = simulated.accounts[0]!
  const sign = (changes: Partial<Transaction> = {}, keypair = account): Bytes => {
    const unsigned = {
      chainId,
      sender: keypair.publicKey,
      nonce: 0,
      fee: 5000n,
      expiryHeight: 100,
      operations: [{ type: 'transfer' as const, to: addressOf(account.publicKey), amount: 5n, memo: new Uint8Array(0) }],
      ...changes,
    }
    return encode(transactionSchema, { ...unsigned, signature: ed25519Sign(keypair, transactionSignBytes(unsigned)) })
  }
  return { ...test, intake, mempool, sign, checks: () => checks }
}

const stranger = ed25519Keypair(sha256(Uint8Array.of(5)))

describe('transaction intake', () => {
  it.each<[RejectionCode, (test: Awaited<ReturnType<typeof setUp>>) => Bytes]>([
    ['TX_TOO_LARGE', () => new Uint8Array(1025)],
    ['TX_MALFORMED', ({ sign }) => sign().slice(0, -1)],
    ['TX_WRONG_CHAIN', ({ sign }) => sign({ chainId: sha256(Uint8Array.of(1)) })],
    ['TX_SIGNATURE_INVALID', ({ sign }) => sign().with(-1, (sign().at(-1) ?? 0) ^ 1)],
  ])('%s is told by the bytes', async (code, make) => {
    const test = await setUp()
    const [bad, good] = await test.intake.verify([make(test), test.sign()])
    expect(bad).toMatchObject({ ok: false, error: { code } })
    expect(good).toMatchObject({ ok: true })
  })

  it.each<[RejectionCode, (test: Awaited<ReturnType<typeof setUp>>) => Bytes]>([
    ['TX_UNDERPAID', ({ sign }) => sign({ fee: 0n })],
    ['TX_EXPIRED', ({ sign }) => sign({ expiryHeight: 0 })],
    ['TX_INSUFFICIENT_BALANCE', ({ sign }) => sign({}, stranger)],
  ])('%s is told by the state', async (code, make) => {
    const test = await setUp()
    const [answer] = await test.intake.verify([make(test)])
    expect(answer).toMatchObject({ ok: true })
    if (!answer?.ok) return
    expect(test.intake.admit([answer.value], 'local')).toMatchObject([{ ok: false, error: { code } }])
    expect(test.mempool.size).toBe(0)
  })

  it('checks the signature of what it knows no second time', async () => {
    const { intake, sign, checks } = await setUp()
    const [answer] = await intake.verify([sign()])
    if (answer?.ok) intake.admit([answer.value], 'local')
    const [again] = await intake.verify([sign()])
    expect(again).toEqual(answer)
    expect(checks()).toBe(1)
    if (again?.ok) expect(intake.admit([again.value], 'peer')).toMatchObject([{ ok: false, error: { code: 'TX_KNOWN' } }])
  })
})
