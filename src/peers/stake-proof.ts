/**
 * Proves that a peer speaks for stake, with a network key that the stake's owner delegated on chain: never with the consensus key,
 * which signs votes and nothing else. The signature binds the chain, both peers and the verifier's nonce, so that it is worth nothing
 * to whoever hears it. Spec: docs/spec/network.md, "Stake".
 */
import type { AccountKey } from '../chain/identifiers.ts'
import { type Ed25519Keypair, ed25519Sign, ed25519Verify } from '../crypto/ed25519.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import { type Bytes, utf8 } from '../primitives/bytes.ts'
import type { Challenge } from './work-challenge.ts'

/** 64 bytes. */
export function proveStake(keypair: Ed25519Keypair, challenge: Challenge): Bytes {
  return ed25519Sign(keypair, stakeSignBytes(keypair.publicKey, challenge))
}

export function verifyStake(networkKey: AccountKey, challenge: Challenge, signature: Bytes): boolean {
  return ed25519Verify(networkKey, stakeSignBytes(networkKey, challenge), signature)
}

function stakeSignBytes(networkKey: Bytes, { chainId, verifier, prover, nonce }: Challenge): Hash {
  return taggedHash('synod/stake-proof', chainId, utf8(verifier), utf8(prover), nonce, networkKey)
}
