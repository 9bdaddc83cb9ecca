import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'

/** How both ends of a connection between a node and its signer prove who they are: by peer ids, as nodes do among each other. */
export interface SignerIdentity {
  /** PEM texts: a certificate made by itself, that carries the peer id, and its key. */
  readonly certificate: { readonly cert: string; readonly key: string }
  /** The peer id that a certificate proves; rejects where it proves none. */
  readonly peerOf: (certificate: X509Certificate) => Promise<string>
}

/** Nothing older than TLS 1.3 and nothing else than this protocol is spoken. That certificates are not anybody's is by design: `peerOf` decides. */
export function signerTls({ certificate }: SignerIdentity) {
  return {
    ...certificate,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    rejectUnauthorized: false,
    ALPNProtocols: ['synod-signer/1'],
  } as const
}

/** Whose key TLS has just proved at the other end; `undefined` where that cannot be said. */
export async function provedPeer(socket: TLSSocket, { peerOf }: SignerIdentity): Promise<string | undefined> {
  const certificate = socket.getPeerX509Certificate()
  return certificate && (await peerOf(certificate).catch(() => undefined))
}
