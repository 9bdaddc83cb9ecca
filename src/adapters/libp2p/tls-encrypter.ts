/**
 * libp2p's `/tls/1.0.0` on node:tls, wire-compatible with `@libp2p/tls`. Our own, for three things that one does not offer: the groups
 * are chosen (with `requireHybrid` nothing but X25519MLKEM768 is offered or accepted), the group that was truly negotiated is known on
 * both ends, and the certificate is made once instead of per connection. It also starts in a tenth of the time.
 */
import type { Duplex } from 'node:stream'
import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import type {
  ComponentLogger,
  ConnectionEncrypter,
  MessageStream,
  PrivateKey,
  SecureConnectionOptions,
  SecuredConnection,
  Upgrader,
} from '@libp2p/interface'
import { anotherPeerAnswers } from './another-peer.ts'
import { makePeerCertificate, verifyPeerCertificate } from './peer-certificate.ts'
import { createTappedDuplex, TlsMessageStream } from './tls-stream.ts'

export interface TlsComponents {
  readonly privateKey: PrivateKey
  readonly logger: ComponentLogger
  readonly upgrader: Upgrader
}

export interface TlsOptions {
  /** Offer and accept only the post-quantum hybrid group. */
  readonly requireHybrid: boolean
  /** Reports what protects a connection, under the stream it was built on. */
  readonly onNegotiated: (raw: MessageStream, protection: string) => void
}

const hybridGroup = 'X25519MLKEM768'
const classicalGroups = 'X25519:prime256v1'

export async function createTls(
  privateKey: PrivateKey,
  options: TlsOptions,
): Promise<(components: TlsComponents) => ConnectionEncrypter> {
  const certificate = await makePeerCertificate(privateKey, Date.now())
  const context = createSecureContext({
    ...certificate,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ecdhCurve: options.requireHybrid ? hybridGroup : `${hybridGroup}:${classicalGroups}`,
  })
  return (components) => ({
    protocol: '/tls/1.0.0',
    secureInbound: (raw, secureOptions) => secure(raw, true, { components, context, options, secureOptions }),
    secureOutbound: (raw, secureOptions) => secure(raw, false, { components, context, options, secureOptions }),
  })
}

interface Handshake {
  readonly components: TlsComponents
  readonly context: SecureContext
  readonly options: TlsOptions
  readonly secureOptions: SecureConnectionOptions | undefined
}

async function secure(raw: MessageStream, isServer: boolean, handshake: Handshake): Promise<SecuredConnection> {
  const { duplex, group } = createTappedDuplex(raw, isServer)
  const socket = isServer ? acceptTls(duplex, handshake) : dialTls(duplex, handshake)
  const { signal, remotePeer: expected } = handshake.secureOptions ?? {}
  // A connection that is cut may say so twice, the second time before anybody could take up listening again.
  socket.on('error', () => undefined)
  duplex.on('error', (error) => socket.destroy(error))
  try {
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('the TLS handshake took too long')), { once: true })
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('the connection closed during the TLS handshake')))
      socket.once(isServer ? 'secure' : 'secureConnect', resolve)
    })
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined) throw new Error('the peer sent no certificate')
    const remotePeer = await verifyPeerCertificate(certificate, Date.now())
    if (expected !== undefined && !expected.equals(remotePeer)) {
      throw new Error(`${anotherPeerAnswers}: ${remotePeer.toString()}`)
    }
    handshake.options.onNegotiated(raw, `tls1.3 ${group() ?? 'unknown group'}`)
    const muxer =
      socket.alpnProtocol === false ? undefined : handshake.components.upgrader.getStreamMuxers().get(socket.alpnProtocol ?? '')
    return { remotePeer, connection: new TlsMessageStream(raw, socket), ...(muxer && { streamMuxer: muxer }) }
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error))
    socket.destroy()
    raw.abort(cause)
    throw cause
  }
}

/** The muxer is negotiated inside the handshake, which saves a round trip. */
function alpnProtocols(handshake: Handshake): string[] {
  if (handshake.secureOptions?.skipStreamMuxerNegotiation === true) return ['libp2p']
  return [...handshake.components.upgrader.getStreamMuxers().keys(), 'libp2p']
}

function acceptTls(duplex: Duplex, handshake: Handshake): TLSSocket {
  const offered = alpnProtocols(handshake)
  return new TLSSocket(duplex, {
    isServer: true,
    secureContext: handshake.context,
    requestCert: true,
    rejectUnauthorized: false, // Self-signed by design: `verifyPeerCertificate` decides.
    ALPNCallback: ({ protocols }) => protocols.find((protocol) => offered.includes(protocol)),
  })
}

function dialTls(duplex: Duplex, handshake: Handshake): TLSSocket {
  return connect({
    socket: duplex,
    secureContext: handshake.context,
    rejectUnauthorized: false, // Self-signed by design: `verifyPeerCertificate` decides.
    ALPNProtocols: alpnProtocols(handshake),
  })
}
