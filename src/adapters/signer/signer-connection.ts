import { connect, type TLSSocket } from 'node:tls'
import { decode, encode } from '../../codec/codec.ts'
import { type SignerAnswer, type SignerRequest, signerAnswerSchema, signerRequestSchema } from '../../engine/signer-message.ts'
import { createSignerFrames, signerFrame } from './signer-frames.ts'
import { provedPeer, type SignerIdentity, signerTls } from './signer-tls.ts'

export interface SignerAddress {
  readonly host: string
  readonly port: number
  /** The peer id that must be proved there. */
  readonly peer: string
}

/** One connection to a signer, whose peer id is proved. What goes wrong with it ends it. */
export interface SignerConnection {
  /** Rejects when the connection ends, or no answer came in time, which ends it. */
  ask(request: SignerRequest): Promise<SignerAnswer>
  end(reason: Error): void
}

interface Waiting {
  resolve(answer: SignerAnswer): void
  reject(reason: Error): void
}

/** `onEnd` is called once, before whoever waits for an answer is told. Rejects where it does not come about. */
export async function connectSigner(options: {
  address: SignerAddress
  identity: SignerIdentity
  timeoutMs: number
  onEnd: (reason: Error) => void
}): Promise<SignerConnection> {
  const { address, identity, timeoutMs } = options
  const socket = await dial(address, identity, timeoutMs)
  const waiting: Waiting[] = []
  const framesOf = createSignerFrames()
  let ended: Error | undefined

  function end(reason: Error): void {
    if (ended) return
    ended = reason
    socket.destroy()
    options.onEnd(reason)
    for (const { reject } of waiting.splice(0)) reject(reason)
  }

  function take(frame: Uint8Array): void {
    const answer = decode(signerAnswerSchema, frame)
    const first = waiting.shift()
    if (answer.ok && first) first.resolve(answer.value)
    else end(new Error('the signer answers what was not asked'))
  }

  socket.on('data', (chunk: Uint8Array) => {
    const frames = framesOf(chunk)
    if (frames) frames.forEach(take)
    else end(new Error('the signer says more than it may'))
  })
  socket.on('error', end)
  socket.on('close', () => end(new Error('the connection to the signer has ended')))

  return {
    async ask(request) {
      if (ended) throw ended
      const answered = new Promise<SignerAnswer>((resolve, reject) => waiting.push({ resolve, reject }))
      const timer = setTimeout(() => end(new Error('the signer does not answer in time')), timeoutMs)
      socket.write(signerFrame(encode(signerRequestSchema, request)))
      try {
        return await answered
      } finally {
        clearTimeout(timer)
      }
    },
    end,
  }
}

async function dial({ host, port, peer }: SignerAddress, identity: SignerIdentity, timeoutMs: number): Promise<TLSSocket> {
  const socket = connect({ host, port, ...signerTls(identity) })
  const late = setTimeout(() => socket.destroy(new Error('the signer does not answer in time')), timeoutMs)
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('the connection was closed during the TLS handshake')))
    })
    const proved = await provedPeer(socket, identity)
    if (proved !== peer) throw new Error(`another peer answers there: ${proved ?? 'one that proves nothing'}`)
    return socket
  } catch (error) {
    socket.on('error', () => undefined)
    socket.destroy()
    throw error
  } finally {
    clearTimeout(late)
  }
}
