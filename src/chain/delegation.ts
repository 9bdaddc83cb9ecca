import { type Ed25519Keypair, ed25519Sign } from '../crypto/ed25519.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Address, ChainId } from './identifiers.ts'

/**
 * The proof of possession in a `delegate-network-key` operation. It names the chain and the operator, so that nobody can take a key
 * that another account is about to delegate. Spec: docs/spec/ledger.md, "Network keys".
 */
export function proveDelegation(networkKey: Ed25519Keypair, chainId: ChainId, operator: Address): Bytes {
  return ed25519Sign(networkKey, delegationSignBytes(chainId, operator))
}

export function delegationSignBytes(chainId: ChainId, operator: Address): Hash {
  return taggedHash('synod/network-key', chainId, operator)
}
