import type { SignatureItem } from '../../crypto/verified.ts'

/**
 * Signatures on their way to another thread: one buffer for all, which is handed over rather than copied. Each item is the
 * lengths of key, message and signature in four bytes each, then these. A message per item would cost 24 times as much.
 */
export type SignatureScheme = 'ed25519' | 'bls'

export interface PackedSignatures {
  readonly scheme: SignatureScheme
  readonly count: number
  readonly buffer: ArrayBuffer
}

const lengthsBytes = 12

export function packSignatures(scheme: SignatureScheme, items: readonly SignatureItem[]): PackedSignatures {
  let size = 0
  for (const { publicKey, message, signature } of items)
    size += lengthsBytes + publicKey.length + message.length + signature.length
  const buffer = new ArrayBuffer(size)
  const bytes = new Uint8Array(buffer)
  const numbers = new DataView(buffer)
  let offset = 0
  for (const { publicKey, message, signature } of items) {
    numbers.setUint32(offset, publicKey.length)
    numbers.setUint32(offset + 4, message.length)
    numbers.setUint32(offset + 8, signature.length)
    offset += lengthsBytes
    for (const part of [publicKey, message, signature]) {
      bytes.set(part, offset)
      offset += part.length
    }
  }
  return { scheme, count: items.length, buffer }
}

/** The items as views of the buffer. */
export function unpackSignatures({ count, buffer }: PackedSignatures): readonly SignatureItem[] {
  const numbers = new DataView(buffer)
  const items: SignatureItem[] = []
  let offset = 0
  const take = (length: number) => {
    offset += length
    return new Uint8Array(buffer, offset - length, length)
  }
  for (let index = 0; index < count; index++) {
    const [keyLength, messageLength, signatureLength] = [0, 4, 8].map((at) => numbers.getUint32(offset + at)) as [
      number,
      number,
      number,
    ]
    offset += lengthsBytes
    items.push({ publicKey: take(keyLength), message: take(messageLength), signature: take(signatureLength) })
  }
  return items
}
