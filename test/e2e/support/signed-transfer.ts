import { transactionId } from '../../../src/chain/block.ts'
import { transactionSchema, transactionSignBytes, type UnsignedTransaction } from '../../../src/chain/transaction.ts'
import type { DevnetAccount } from '../../../src/cli/devnet/found-devnet.ts'
import { encode } from '../../../src/codec/codec.ts'
import { addressOf } from '../../../src/crypto/address.ts'
import { ed25519Sign } from '../../../src/crypto/ed25519.ts'
import type { Hash } from '../../../src/crypto/hash.ts'
import type { Bytes } from '../../../src/primitives/bytes.ts'
import type { LocalNetwork } from './local-network.ts'

/** A transfer of one token from one account to another, good unless some field is changed before it is signed. */
export function signedTransfer(
  network: Pick<LocalNetwork, 'chain'>,
  from: DevnetAccount,
  to: DevnetAccount,
  fields: Partial<UnsignedTransaction> = {},
): { readonly encoded: Bytes; readonly id: Hash } {
  const unsigned: UnsignedTransaction = {
    chainId: network.chain.chainId,
    sender: from.keypair.publicKey,
    nonce: 0,
    fee: 10_000n,
    expiryHeight: Number.MAX_SAFE_INTEGER,
    operations: [{ type: 'transfer', to: addressOf(to.keypair.publicKey), amount: 1_000_000_000n, memo: new Uint8Array(0) }],
    ...fields,
  }
  const encoded = encode(transactionSchema, { ...unsigned, signature: ed25519Sign(from.keypair, transactionSignBytes(unsigned)) })
  return { encoded, id: transactionId(encoded) }
}
