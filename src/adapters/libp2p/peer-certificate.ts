/**
 * The self-signed certificate with which a libp2p peer proves its identity in TLS: an extension carries the peer's public key and its
 * signature of the certificate's own key. Source: libp2p TLS specification, https://github.com/libp2p/specs/blob/master/tls/tls.md.
 * The certificate is made once per process and serves every connection; its key is ephemeral and never leaves memory.
 */
import { createSign, generateKeyPairSync, randomBytes, type X509Certificate } from 'node:crypto'
import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PeerId, PrivateKey, PublicKey } from '@libp2p/interface'
import { peerIdFromCID } from '@libp2p/peer-id'
import { ed25519Verify } from '../../crypto/ed25519.ts'
import { type Bytes, bytesEqual, concatBytes, utf8 } from '../../primitives/bytes.ts'
import { der, derChildren, derElement, derTag, derTime } from './der.ts'
import { networkKeyOf } from './network-key.ts'

/** 1.3.6.1.4.1.53594.1.1 */
const identityOid = Uint8Array.of(0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xa2, 0x5a, 0x01, 0x01)
/** 1.2.840.10045.4.3.2, ecdsa-with-SHA256 */
const ecdsaSha256Oid = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)
const signedPrefix = utf8('libp2p-tls-handshake:')

const dayMs = 24 * 60 * 60 * 1000
/** Backdated, since clocks differ; valid for longer than a process lives. */
const validityMs = { before: dayMs, after: 36_500 * dayMs }

export interface PemCertificate {
  readonly cert: string
  readonly key: string
}

/** @param now milliseconds since the epoch. */
export async function makePeerCertificate(identity: PrivateKey, now: number): Promise<PemCertificate> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = keys.publicKey.export({ type: 'spki', format: 'der' })
  const signature = await identity.sign(concatBytes(signedPrefix, spki))
  const signedKey = der(
    derTag.sequence,
    der(derTag.octetString, publicKeyToProtobuf(identity.publicKey)),
    der(derTag.octetString, signature),
  )
  const extension = der(
    derTag.sequence,
    der(derTag.objectIdentifier, identityOid),
    der(derTag.boolean, Uint8Array.of(0xff)), // Critical, as the specification recommends.
    der(derTag.octetString, signedKey),
  )
  const algorithm = der(derTag.sequence, der(derTag.objectIdentifier, ecdsaSha256Oid))
  const noName = der(derTag.sequence)
  const serial = randomBytes(16)
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40 // Positive, and in its shortest form.
  const body = der(
    derTag.sequence,
    der(derTag.context0, der(derTag.integer, Uint8Array.of(2))), // X.509 version 3
    der(derTag.integer, serial),
    algorithm,
    noName,
    der(derTag.sequence, derTime(now - validityMs.before), derTime(now + validityMs.after)),
    noName,
    spki,
    der(derTag.context3, der(derTag.sequence, extension)),
  )
  const seal = createSign('sha256').update(body).sign(keys.privateKey)
  const certificate = der(derTag.sequence, body, algorithm, der(derTag.bitString, Uint8Array.of(0), seal))
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate).toString('base64')}\n-----END CERTIFICATE-----\n`,
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** The certificate of the identity with an Ed25519 seed of 32 bytes, for connections outside libp2p. */
export async function peerCertificateOfSeed(seed: Bytes): Promise<PemCertificate> {
  return makePeerCertificate(networkKeyOf(seed), Date.now())
}

/** The peer a certificate proves. Throws, saying why, when it proves none. TLS itself proves that the peer holds its key. */
export async function verifyPeerCertificate(certificate: X509Certificate, now: number): Promise<PeerId> {
  if (certificate.validFromDate.getTime() > now) throw new Error('the peer certificate is not valid yet')
  if (certificate.validToDate.getTime() < now) throw new Error('the peer certificate has expired')
  if (!certificate.verify(certificate.publicKey)) throw new Error('the peer certificate is not signed by its own key')
  const identity = identityOf(certificate.raw)
  const publicKey = publicKeyFromProtobuf(identity.publicKey)
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  if (!(await isSignedBy(publicKey, concatBytes(signedPrefix, spki), identity.signature))) {
    throw new Error('the peer certificate is not signed by the key it names')
  }
  return peerIdFromCID(publicKey.toCID())
}

/** Ed25519 is what Synod's own nodes have, and ours verifies it several times as fast as the library does. */
function isSignedBy(publicKey: PublicKey, message: Bytes, signature: Bytes): boolean | Promise<boolean> {
  return publicKey.type === 'Ed25519'
    ? ed25519Verify(publicKey.raw, message, signature)
    : Promise.resolve(publicKey.verify(message, signature))
}

function identityOf(raw: Bytes): { publicKey: Bytes; signature: Bytes } {
  const [body] = derChildren(derElement(raw, 0))
  const extensions = body === undefined ? undefined : derChildren(body).find((field) => field.tag === derTag.context3)
  const list = extensions === undefined ? undefined : derChildren(extensions)[0]
  for (const extension of list === undefined ? [] : derChildren(list)) {
    const [oid, ...rest] = derChildren(extension)
    const value = rest.at(-1)
    const isCritical = rest.length === 2
    if (oid === undefined || value === undefined) break
    if (bytesEqual(oid.content, identityOid)) {
      const [publicKey, signature] = derChildren(derElement(value.content, 0))
      if (publicKey === undefined || signature === undefined) break
      return { publicKey: publicKey.content, signature: signature.content }
    }
    if (isCritical) throw new Error('the peer certificate has a critical extension that is not known')
  }
  throw new Error('the peer certificate names no peer')
}
