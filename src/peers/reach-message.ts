import { bool, bytes, type Infer, optional, struct, text } from '../codec/schema.ts'
import { sha256 } from '../crypto/hash.ts'
import type { Bytes } from '../primitives/bytes.ts'

/** Under this name the hello of a connection that was asked for carries its nonce. */
export const dialBackExtension = 'dial-back'
/** Under this name a hello says from which IP address the other side is seen: 4 or 16 bytes. */
export const observedExtension = 'observed'
/** Who names this capability answers requests of the protocol `reach`. */
export const reachCapability = 'reach'

export const nonceBytes = 16
/** What it costs to have an address dialled that is not the asker's own: more than its owner can be made to receive. */
const paymentBytes = 32 << 10
const hashBytes = 32

/** Asks to be dialled at an address, over a connection of its own that shows the nonce. */
export const reachRequestSchema = struct('ReachRequest', {
  nonce: bytes({ length: nonceBytes }),
  /** A multiaddr, with or without the asker's peer id at its end. */
  address: text({ max: 256 }),
  /** `paymentOf` the nonce, needed when the host is another than the server sees; otherwise empty. */
  payment: bytes({ max: paymentBytes }),
})
export type ReachRequest = Infer<typeof reachRequestSchema>

/** What came of the dial. The asker believes that it succeeded when it sees the connection, and not before. */
export const reachAnswerSchema = struct('ReachAnswer', {
  /** Nothing: the server could not try, for want of that kind of address for example. */
  reached: optional(bool()),
})

/** SHA-256 over the nonce and a counter of two bytes, once and again: nothing that compression could make shorter on its way. */
export function paymentOf(nonce: Bytes): Bytes {
  const payment = new Uint8Array(paymentBytes)
  for (let block = 0; block < paymentBytes / hashBytes; block++) {
    payment.set(sha256(Uint8Array.of(...nonce, block >> 8, block & 0xff)), block * hashBytes)
  }
  return payment
}
