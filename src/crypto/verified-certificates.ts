import type { Bytes } from '../primitives/bytes.ts'
import { aggregatePublicKeys } from './bls.ts'
import { type SignatureCheck, type Verified, verifyAll } from './verified.ts'

/** A value with the aggregated BLS signature of several signers over one message, whose possession of their keys is proved. */
export interface CertificateItem<T> {
  readonly value: T
  readonly publicKeys: readonly Bytes[]
  readonly message: Bytes
  readonly signature: Bytes
}

/** The certificates that all of their signers have signed, branded, each in its place; `undefined` in the place of the others. */
export async function verifyCertificates<T>(
  items: readonly CertificateItem<T>[],
  checkBls: SignatureCheck,
): Promise<readonly (Verified<T> | undefined)[]> {
  // An aggregate is verified like one signature, under the sum of its signers' keys. No bytes are a key where there is no sum.
  const summed = items.map(({ value, publicKeys, message, signature }) => {
    const publicKey = aggregatePublicKeys(publicKeys) ?? noKey
    return { value, signature: { publicKey, message, signature } }
  })
  return verifyAll(summed, checkBls)
}

const noKey = new Uint8Array(0)
