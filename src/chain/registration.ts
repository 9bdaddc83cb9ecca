import { type BlsKeypair, blsSign, blsVerify } from '../crypto/bls.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import type { Address, ChainId, ConsensusKey, ConsensusSignature } from './identifiers.ts'

/**
 * The proof of possession in a `register-validator` operation. It names the chain and the operator, so that nobody who sees a
 * registration under way can put its key and proof into one of their own. Spec: docs/spec/ledger.md, "Validators".
 */
export function proveRegistration(keypair: BlsKeypair, chainId: ChainId, operator: Address): ConsensusSignature {
  return blsSign(keypair, registrationSignBytes(chainId, operator, keypair.publicKey))
}

/** Costs a pairing. */
export function verifyRegistration(key: ConsensusKey, chainId: ChainId, operator: Address, proof: ConsensusSignature): boolean {
  return blsVerify(key, registrationSignBytes(chainId, operator, key), proof)
}

/** The same to be checked with others. */
export function registrationItem(
  key: ConsensusKey,
  chainId: ChainId,
  operator: Address,
  proof: ConsensusSignature,
): SignatureItem {
  return { publicKey: key, message: registrationSignBytes(chainId, operator, key), signature: proof }
}

function registrationSignBytes(chainId: ChainId, operator: Address, key: ConsensusKey): Hash {
  return taggedHash('synod/registration', chainId, operator, key)
}
