import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { batchSchema } from '../../chain/batch.ts'
import { batchMessageSchema } from '../../chain/batch-message.ts'
import { type Transaction, transactionSchema } from '../../chain/transaction.ts'
import { encode } from '../../codec/codec.ts'
import { addressOf } from '../../crypto/address.ts'
import { ed25519Keypair } from '../../crypto/ed25519.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { Attack } from './attack.ts'
import { channelFrame } from './frame-of.ts'
import { hammer } from './hammer.ts'

const perBatch = 8

/** Batches of transfers that nobody signed. */
export const invalidTransactions: Attack = (context) => {
  const sender = ed25519Keypair(systemEntropy.bytes(32)).publicKey
  return hammer(
    context,
    {
      protocol: '/synod/batches/1',
      load:
        ({ hello }) =>
        (index) => {
          const transactions = Array.from(
            { length: perBatch },
            (_, place): Bytes =>
              encode(transactionSchema, {
                chainId: hello.chainId,
                sender,
                nonce: index * perBatch + place,
                fee: 10_000n,
                expiryHeight: Number.MAX_SAFE_INTEGER,
                operations: [{ type: 'transfer', to: addressOf(sender), amount: 1n, memo: new Uint8Array(0) }],
                signature: systemEntropy.bytes(64),
              } as Transaction),
          )
          const encoded = encode(batchSchema, { transactions })
          return channelFrame('batches', encode(batchMessageSchema, { type: 'push', encoded }))
        },
    },
    40,
  )
}
