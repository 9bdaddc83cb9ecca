import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { prevote, type Vote, voteSignBytes } from '../../chain/vote.ts'
import { decode, encode } from '../../codec/codec.ts'
import { blsKeypair, blsSign, blsVerify } from '../../crypto/bls.ts'
import { sha256 } from '../../crypto/hash.ts'
import { openSignerDesk } from '../../engine/signer-desk.ts'
import { signerAnswerSchema, signerRequestSchema } from '../../engine/signer-message.ts'
import type { Disk } from '../../ports/disk.ts'
import type { Signer } from '../../ports/signer.ts'
import { silence } from '../../ports/telemetry.ts'
import { createSimulatedDisk } from '../../simulator/simulated-disk.ts'
import { peerCertificateOfSeed, verifyPeerCertificate } from '../libp2p/peer-certificate.ts'
import { peerIdOf } from '../libp2p/peer-id.ts'
import { createRemoteSigner } from './remote-signer.ts'
import { connectSigner, type SignerAddress } from './signer-connection.ts'
import { createSignerFrames, signerFrame } from './signer-frames.ts'
import { startSignerServer } from './signer-server.ts'
import { signerTls } from './signer-tls.ts'

const keypair = blsKeypair(sha256(Uint8Array.of(1)))
const key = keypair.publicKey
const chainId = sha256(Uint8Array.of(2))
const host = '127.0.0.1'
const seedOf = (name: string) => sha256(new TextEncoder().encode(name))
const newDisk = (): Disk => createSimulatedDisk().mount({ io: async () => undefined })
const voteAt = (height: number, content = 1): Vote => ({
  kind: prevote,
  height,
  round: 0,
  blockHash: sha256(Uint8Array.of(content)),
})
const wishFor = (vote: Vote) => ({ key, message: voteSignBytes(chainId, vote), subject: { type: 'vote', vote } as const })
const local: Signer = { keys: async () => [key], sign: async ({ message }) => blsSign(keypair, message) }

const undo: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (let last = undo.pop(); last; last = undo.pop()) await last()
})

async function identityOf(name: string) {
  const certificate = await peerCertificateOfSeed(seedOf(name))
  return { certificate, peerOf: async (shown: X509Certificate) => (await verifyPeerCertificate(shown, Date.now())).toString() }
}

/** A signer that serves the node named `node`, and as many others. */
async function startServer(options: { disk?: Disk; name?: string; port?: number; others?: number } = {}) {
  const { disk = newDisk(), name = 'signer', port = 0, others = 0 } = options
  const allowed = await Promise.all(
    ['node', ...Array.from({ length: others }, (_, index) => `other ${index}`)].map((node) => peerIdOf(seedOf(node))),
  )
  const desk = await openSignerDesk({ signer: local, disk, chainId, nodes: allowed.length })
  const identity = await identityOf(name)
  const failures: unknown[] = []
  const onFailure = (error: unknown): void => void failures.push(error)
  const server = await startSignerServer({ host, port, identity, allowed, session: desk.session, telemetry: silence, onFailure })
  let stopped = false
  const stop = async () => {
    if (!stopped) await server.stop()
    stopped = true
  }
  undo.push(stop)
  return { address: { host, port: server.port, peer: await peerIdOf(seedOf(name)) }, stop, failures, disk }
}

/** A node's end, and what it was told of the holder. */
async function openNode(
  addresses: readonly SignerAddress[],
  lastSigned?: { height: number; round: number; step: number; signBytes: Uint8Array; signature: Uint8Array },
) {
  const identity = await identityOf('node')
  const signer = createRemoteSigner({ addresses, identity, chainId, timeoutMs: 1000, telemetry: silence })
  const waiting: { ready: boolean; resolve: () => void }[] = []
  let ready = false
  signer.open?.({
    lastSigned: () => lastSigned,
    onReady(now) {
      ready = now
      for (const { resolve } of waiting.filter((waiter) => waiter.ready === now)) resolve()
    },
  })
  undo.push(() => signer.stop())
  const becomes = (wanted: boolean) =>
    ready === wanted ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ ready: wanted, resolve }))
  return { signer, becomes }
}

async function dial(address: SignerAddress, name = 'node') {
  const connection = await connectSigner({ address, identity: await identityOf(name), timeoutMs: 2000, onEnd: () => undefined })
  undo.push(() => connection.end(new Error('over')))
  return connection
}
const hello = { type: 'hello', version: 1, chainId, signers: 1, lastSigned: undefined } as const

describe('a signer apart from its node', () => {
  it('signs what it is asked for, and is there again after it was gone', async () => {
    const { address, stop, disk } = await startServer()
    const { signer, becomes } = await openNode([address])
    expect(await signer.keys()).toEqual([key])
    const wish = wishFor(voteAt(1))
    const signature = await signer.sign(wish)
    expect(signature && blsVerify(key, wish.message, signature)).toBe(true)
    await stop()
    await becomes(false)
    expect(await signer.sign(wishFor(voteAt(2)))).toBeUndefined()
    await startServer({ disk, port: address.port })
    await becomes(true)
    // The record outlived the process.
    expect(await signer.sign(wishFor(voteAt(1, 9)))).toBeUndefined()
    expect(await signer.sign(wishFor(voteAt(2)))).toBeDefined()
  })

  it('is replaced by the next when it does not answer, which hears first what is signed already', async () => {
    const [first, second] = [await startServer(), await startServer({ name: 'second' })]
    const before = wishFor(voteAt(7))
    const signed = { height: 7, round: 0, step: 1, signBytes: before.message, signature: blsSign(keypair, before.message) }
    const { signer, becomes } = await openNode([first.address, second.address], signed)
    expect(await signer.keys()).toEqual([key])
    await first.stop()
    await becomes(false)
    await becomes(true)
    expect(await signer.sign(wishFor(voteAt(7, 9)))).toBeUndefined()
    expect(await signer.sign(wishFor(voteAt(6)))).toBeUndefined()
    expect(await signer.sign(wishFor(voteAt(7)))).toEqual(signed.signature)
    expect(await signer.sign(wishFor(voteAt(8)))).toBeDefined()
  })

  it('that says nothing is given up after a while, and the next is asked', async () => {
    const silent = createServer(() => undefined).listen(0, host)
    await once(silent, 'listening')
    undo.push(() => void silent.close())
    const { port } = silent.address() as { port: number }
    const { address } = await startServer()
    const { signer } = await openNode([{ host, port, peer: address.peer }, address])
    expect(await signer.keys()).toEqual([key])
  })

  it('is not trusted when it proves another peer id than the one named', async () => {
    const { address } = await startServer()
    const peer = await peerIdOf(seedOf('somebody else'))
    await expect(dial({ ...address, peer })).rejects.toThrow('another peer answers there')
  })
})

describe('what a signer refuses', () => {
  it('anybody whose peer id it was not told', async () => {
    const { address } = await startServer()
    const stranger = await dial(address, 'stranger')
    await expect(stranger.ask(hello)).resolves.toEqual({ type: 'refusal', code: 'SIGNER_PEER_UNKNOWN' })
    await expect(stranger.ask(hello)).rejects.toThrow()
  })

  it('whoever shows no certificate', async () => {
    const { address } = await startServer()
    const { cert: _cert, key: _key, ...bare } = signerTls(await identityOf('node'))
    const socket = connect({ ...address, ...bare })
    undo.push(() => void socket.destroy())
    const framesOf = createSignerFrames()
    const [chunk] = (await once(socket, 'data')) as [Uint8Array]
    const [frame] = framesOf(chunk) ?? []
    expect(frame && decode(signerAnswerSchema, frame)).toMatchObject({ ok: true, value: { code: 'SIGNER_PEER_UNKNOWN' } })
  })

  it.each([
    ['another chain', { ...hello, chainId: sha256(Uint8Array.of(3)) }, 'SIGNER_WRONG_CHAIN'],
    [
      'a wish before the first word',
      { type: 'sign', key, subject: { type: 'vote', vote: voteAt(1) } } as const,
      'SIGNER_MALFORMED',
    ],
  ])('%s', async (_, request, code) => {
    const { address } = await startServer()
    const node = await dial(address)
    expect(await node.ask(request)).toEqual({ type: 'refusal', code })
  })

  it('several nodes that go to several signers', async () => {
    const { address } = await startServer({ others: 1 })
    const node = await dial(address)
    expect(await node.ask({ ...hello, signers: 2 })).toEqual({ type: 'refusal', code: 'SIGNER_SHARED' })
    expect(await node.ask(hello)).toEqual({ type: 'keys', keys: [key] })
  })

  it('a message that contradicts one it signed, the same place twice, and keys it has not', async () => {
    const { address } = await startServer({ others: 1 })
    const [node, other] = [await dial(address), await dial(address, 'other 0')]
    for (const connection of [node, other]) await connection.ask(hello)
    const ask = (connection: typeof node, vote: Vote, by = key) =>
      connection.ask({ type: 'sign', key: by, subject: { type: 'vote', vote } })
    expect(await ask(node, voteAt(5))).toMatchObject({ type: 'signature' })
    // A replay of the very same is answered by the very same.
    expect(await ask(other, voteAt(5))).toEqual(await ask(node, voteAt(5)))
    for (const vote of [voteAt(5, 9), voteAt(4), { ...voteAt(5), blockHash: undefined }]) {
      expect(await ask(other, vote)).toEqual({ type: 'refusal', code: 'SIGNER_CONFLICT' })
    }
    const proposal = { height: 5, round: 0, validRound: undefined, blockHash: sha256(Uint8Array.of(1)) }
    expect(await node.ask({ type: 'sign', key, subject: { type: 'proposal', proposal } })).toMatchObject({
      code: 'SIGNER_CONFLICT',
    })
    const unknown = blsKeypair(sha256(Uint8Array.of(9))).publicKey
    expect(await ask(node, voteAt(6), unknown)).toEqual({ type: 'refusal', code: 'SIGNER_UNKNOWN_KEY' })
  })

  it.each([
    ['no message', signerFrame(Uint8Array.of(0xc1))],
    ['one with a byte too many', signerFrame(Uint8Array.of(...encode(signerRequestSchema, hello), 0))],
    ['one that is too long', Uint8Array.of(0xff, 0xff, 0xff, 0xff)],
  ])('%s, and ends the connection', async (_, bytes) => {
    const { address, failures } = await startServer()
    const socket = connect({ ...address, ...signerTls(await identityOf('node')) })
    undo.push(() => void socket.destroy())
    socket.on('error', () => undefined).on('data', () => undefined)
    await once(socket, 'secureConnect')
    socket.write(bytes)
    await once(socket, 'close')
    expect(failures).toEqual([])
  })

  it('to go on when its record cannot be written', async () => {
    const machine = createSimulatedDisk()
    const { address, failures } = await startServer({ disk: machine.mount({ io: async () => undefined }) })
    const { signer } = await openNode([address])
    await signer.keys()
    machine.fill(true)
    expect(await signer.sign(wishFor(voteAt(1)))).toBeUndefined()
    expect(failures).toMatchObject([{ code: 'DISK_FULL' }])
  })
})
