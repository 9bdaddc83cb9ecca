import { transactionSchema, transactionSignBytes } from '../../../chain/transaction.ts'
import { encode } from '../../../codec/codec.ts'
import { addressOf } from '../../../crypto/address.ts'
import { type Ed25519Keypair, ed25519Sign } from '../../../crypto/ed25519.ts'
import type { Bytes } from '../../../primitives/bytes.ts'
import type { BenchChain, BenchWorkload } from './bench-chain.ts'
import { unsignedKeys } from './unsigned-application.ts'

export const operationsPerSignature = 10
const unsignedBytes = 200

/** Makes the load's transactions one by one, accounts in turn, every nonce once. */
export function transactionMaker(chain: BenchChain, workload: BenchWorkload): () => Bytes {
  const { accounts, chainId } = chain
  const addresses = accounts.map((account) => addressOf(account.publicKey))
  let made = 0

  function unsigned(): Bytes {
    const bytes = new Uint8Array(unsignedBytes)
    const view = new DataView(bytes.buffer)
    view.setUint16(0, made % unsignedKeys)
    view.setFloat64(2, made)
    return bytes
  }

  function signed(operations: number): Bytes {
    const turn = made % accounts.length
    const keypair = accounts[turn] as Ed25519Keypair
    const body = {
      chainId,
      sender: keypair.publicKey,
      nonce: Math.floor(made / accounts.length),
      fee: 1000n * BigInt(operations),
      expiryHeight: Number.MAX_SAFE_INTEGER,
      operations: Array.from({ length: operations }, (_, index) => ({
        type: 'transfer' as const,
        to: addresses[(turn + 1 + index) % addresses.length] as Bytes,
        amount: 1n,
        memo: new Uint8Array(0),
      })),
    }
    return encode(transactionSchema, { ...body, signature: ed25519Sign(keypair, transactionSignBytes(body)) })
  }

  return () => {
    const transaction = workload === 'unsigned' ? unsigned() : signed(workload === 'transfers' ? 1 : operationsPerSignature)
    made++
    return transaction
  }
}
