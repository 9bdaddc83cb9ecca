import type { Bytes } from '../primitives/bytes.ts'

/**
 * The brand of what was signed by whom it says. It can be had only in this folder, and only from a check or for one's own
 * signature, so an unverified vote does not compile where a verified one is asked for.
 */
declare const brand: unique symbol
export type Verified<T> = T & { readonly [brand]: 'verified' }

/** One signature to check: by Ed25519 32, any and 64 bytes; by BLS 48, any and 96. */
export interface SignatureItem {
  readonly publicKey: Bytes
  readonly message: Bytes
  readonly signature: Bytes
}

/** Checks signatures, wherever that is done; answers in the order of the items. The Verifier port's functions are such checks. */
export type SignatureCheck = (items: readonly SignatureItem[]) => Promise<readonly boolean[]>

/** The values whose signature holds, branded, each in its place; `undefined` in the place of the others. */
export async function verifyAll<T>(
  items: readonly { readonly value: T; readonly signature: SignatureItem }[],
  check: SignatureCheck,
): Promise<readonly (Verified<T> | undefined)[]> {
  if (items.length === 0) return []
  const valid = await check(items.map((item) => item.signature))
  return items.map((item, index) => (valid[index] === true ? (item.value as Verified<T>) : undefined))
}

/** Brands what this very node has just signed with its own key: there is nobody to doubt. */
export function ownSignature<T>(value: T): Verified<T> {
  return value as Verified<T>
}

/** Brands what this node reads back from its own log, into which nothing goes before it is verified. */
export function verifiedBefore<T>(value: T): Verified<T> {
  return value as Verified<T>
}
