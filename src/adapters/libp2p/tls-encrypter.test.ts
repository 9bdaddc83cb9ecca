import { X509Certificate } from 'node:crypto'
import tls from 'node:tls'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { ConnectionEncrypter, Libp2p, MessageStreamTimeline, PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { tls as referenceTls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { der, derTag } from './der.ts'
import { negotiatedGroup } from './key-share.ts'
import { makePeerCertificate, verifyPeerCertificate } from './peer-certificate.ts'
import { createTls, type TlsComponents } from './tls-encrypter.ts'

const now = Date.UTC(2026, 10, 21)
const identity = (index: number): Promise<PrivateKey> => generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(index))

type Encrypter = (components: TlsComponents) => ConnectionEncrypter

describe('connections', () => {
  const nodes: Libp2p[] = []
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.stop()))
  })

  async function start(index: number, encrypter: Encrypter): Promise<Libp2p> {
    const node = await createLibp2p({
      privateKey: await identity(index),
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [encrypter],
      streamMuxers: [yamux()],
      connectionMonitor: { enabled: false },
      connectionGater: { denyDialMultiaddr: () => false },
    })
    await node.handle('/echo/1', (stream) => {
      stream.addEventListener('message', (event) => stream.send(event.data))
    })
    nodes.push(node)
    return node
  }

  async function ours(index: number, requireHybrid: boolean, negotiated: string[]): Promise<Encrypter> {
    const seen = new WeakSet<MessageStreamTimeline>()
    return createTls(await identity(index), {
      requireHybrid,
      onNegotiated(raw, protection) {
        expect(seen.has(raw.timeline)).toBe(false)
        seen.add(raw.timeline)
        negotiated.push(protection)
      },
    })
  }

  async function echo(dialer: Libp2p, listener: Libp2p, bytes: number): Promise<number> {
    const stream = await dialer.dialProtocol(listener.getMultiaddrs(), '/echo/1')
    let received = 0
    const { promise, resolve } = Promise.withResolvers<number>()
    stream.addEventListener('message', (event) => {
      received += event.data.byteLength
      if (received === bytes) resolve(received)
    })
    stream.send(new Uint8Array(bytes))
    return promise
  }

  it('show the hybrid group on both ends', async () => {
    const negotiated: string[] = []
    const listener = await start(1, await ours(1, true, negotiated))
    const dialer = await start(2, await ours(2, false, negotiated))
    expect(await echo(dialer, listener, 200_000)).toBe(200_000)
    expect(negotiated).toEqual(['tls1.3 X25519MLKEM768', 'tls1.3 X25519MLKEM768'])
    expect(dialer.getConnections()[0]?.multiplexer).toBe('/yamux/1.0.0')
  })

  it.each([
    ['dial', true],
    ['answer', false],
  ])('%s the reference implementation', async (_name, weDial) => {
    const negotiated: string[] = []
    const our = await start(1, await ours(1, false, negotiated))
    const reference = await start(2, referenceTls() as unknown as Encrypter)
    const [dialer, listener] = weDial ? [our, reference] : [reference, our]
    expect(await echo(dialer, listener, 200_000)).toBe(200_000)
    expect(dialer.getConnections()[0]?.remotePeer.equals(listener.peerId)).toBe(true)
    expect(negotiated).toEqual(['tls1.3 X25519MLKEM768'])
  })

  it('are to the peer that the address names, or to nobody', async () => {
    const dialer = await start(1, await ours(1, true, []))
    const listener = await start(2, await ours(2, true, []))
    const named = peerIdFromPrivateKey(await identity(3)).toString()
    const [address] = listener.getMultiaddrs().map((own) => own.toString().replace(listener.peerId.toString(), named))
    await expect(dialer.dial(multiaddr(address))).rejects.toThrow(/another peer answers/)
    expect(dialer.getConnections()).toEqual([])
  })

  describe('with a peer that has no hybrid group', () => {
    const usual = tls.DEFAULT_ECDH_CURVE
    afterEach(() => {
      tls.DEFAULT_ECDH_CURVE = usual
    })

    it('fall back where they may, and show it', async () => {
      const negotiated: string[] = []
      const our = await start(1, await ours(1, false, negotiated))
      const reference = await start(2, referenceTls() as unknown as Encrypter)
      tls.DEFAULT_ECDH_CURVE = 'X25519'
      expect(await echo(reference, our, 1_000)).toBe(1_000)
      expect(negotiated).toEqual(['tls1.3 X25519'])
    })

    it.each([
      ['dialled', true],
      ['dialling', false],
    ])('fail where the hybrid is required, %s', async (_name, weDial) => {
      const our = await start(1, await ours(1, true, []))
      const reference = await start(2, referenceTls() as unknown as Encrypter)
      tls.DEFAULT_ECDH_CURVE = 'X25519'
      const [dialer, listener] = weDial ? [our, reference] : [reference, our]
      await expect(dialer.dial(listener.getMultiaddrs())).rejects.toThrow()
    })
  })
})

describe('the peer certificate', () => {
  const parse = ({ cert }: { cert: string }) => new X509Certificate(cert)

  it('proves the peer that made it', async () => {
    const key = await identity(3)
    const certificate = parse(await makePeerCertificate(key, now))
    expect((await verifyPeerCertificate(certificate, now)).equals(peerIdFromPrivateKey(key))).toBe(true)
  })

  it('is refused outside its time', async () => {
    const certificate = parse(await makePeerCertificate(await identity(3), now))
    await expect(verifyPeerCertificate(certificate, now - 2 * 86_400_000)).rejects.toThrow('not valid yet')
    await expect(verifyPeerCertificate(certificate, now + 40_000 * 86_400_000)).rejects.toThrow('expired')
  })

  it('is refused when any byte of it was changed', async () => {
    const { raw } = parse(await makePeerCertificate(await identity(3), now))
    let accepted = 0
    for (let index = 0; index < raw.length; index++) {
      const forged = Buffer.from(raw)
      forged[index] = (forged[index] as number) ^ 1
      const verdict = await Promise.resolve()
        .then(() => verifyPeerCertificate(new X509Certificate(forged), now))
        .then(
          () => 'accepted',
          () => 'refused',
        )
      if (verdict === 'accepted') accepted += 1
    }
    expect(accepted).toBe(0)
  })

  it('is refused when it is signed by another key than it names', async () => {
    const own = await identity(3)
    const other = await identity(4)
    const impostor = { ...own, publicKey: other.publicKey, sign: own.sign.bind(own) } as PrivateKey
    await expect(verifyPeerCertificate(parse(await makePeerCertificate(impostor, now)), now)).rejects.toThrow(
      'not signed by the key it names',
    )
  })
})

describe('DER', () => {
  it.each([0, 1, 127, 128, 255, 256, 60_000])('writes the shortest length of %i bytes', (length) => {
    const bytes = der(derTag.octetString, new Uint8Array(length))
    expect(bytes.length - length).toBe(length < 128 ? 2 : length < 256 ? 3 : 4)
  })
})

describe('the negotiated group', () => {
  it.each([
    ['nothing', new Uint8Array(0)],
    ['another record', Uint8Array.of(23, 3, 3, 0, 5, 2, 0, 0, 0, 0)],
    ['a ServerHello cut short', Uint8Array.of(22, 3, 3, 0, 200, 2, 0, 0, 196, ...new Uint8Array(60))],
    [
      'a session id that runs over the end',
      Uint8Array.of(22, 3, 3, 0, 200, 2, 0, 0, 196, ...new Uint8Array(34).fill(1), 255, 0, 0),
    ],
  ])('is unknown from %s', (_name, bytes) => {
    expect(negotiatedGroup(bytes)).toBeUndefined()
  })
})
