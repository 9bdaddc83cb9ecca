import type { X509Certificate } from 'node:crypto'
import { peerCertificateOfSeed, verifyPeerCertificate } from '../adapters/libp2p/peer-certificate.ts'
import type { SignerIdentity } from '../adapters/signer/signer-tls.ts'
import type { Bytes } from '../primitives/bytes.ts'

/** A node and its signer prove their peer ids to each other by the certificates with which nodes do, outside libp2p. */
export async function signerIdentityOf(peerKeySeed: Bytes): Promise<SignerIdentity> {
  return {
    certificate: await peerCertificateOfSeed(peerKeySeed),
    peerOf: async (certificate: X509Certificate) => (await verifyPeerCertificate(certificate, Date.now())).toString(),
  }
}
