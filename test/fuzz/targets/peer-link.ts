/**
 * A whole connection of a stranger, from its hello to whatever it opens next: control stream, channels, requests. The frame is a script:
 * which stream, how many bytes, the bytes, and so on. Time stands still, and what the link would do later is done at once or never.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Connection, Stream } from '@libp2p/interface'
import type * as Compressors from '../../../src/adapters/libp2p/compressor.ts'
import type * as DirectChannels from '../../../src/adapters/libp2p/direct-channels.ts'
import type * as PeerLinks from '../../../src/adapters/libp2p/peer-link.ts'
import type * as StreamRosters from '../../../src/adapters/libp2p/stream-roster.ts'
import { type NetworkHandlers, requestProtocols } from '../../../src/ports/network.ts'
import { quietHandlers } from '../../network/quiet-handlers.ts'
import type { Target } from '../fuzz.ts'

const root = join(import.meta.dirname, '../../..')
const load = async <T>(path: string) => (await import(pathToFileURL(join(root, path)).href)) as T

const immediatesMax = 64

export async function peerLink(): Promise<Target> {
  const { createPeerLink } = await load<typeof PeerLinks>('src/adapters/libp2p/peer-link.ts')
  const { channelClasses } = await load<typeof DirectChannels>('src/adapters/libp2p/direct-channels.ts')
  const liveness = { pingIntervalMs: 10_000, silenceTimeoutMs: 30_000 }
  const { createCompressor } = await load<typeof Compressors>('src/adapters/libp2p/compressor.ts')
  const compressor = createCompressor(undefined)
  const { createStreamRoster } = await load<typeof StreamRosters>('src/adapters/libp2p/stream-roster.ts')
  const roster = createStreamRoster({ streamsMax: 512, holdMs: 5_000 })
  const runImmediates = standStill()

  function run(script: Uint8Array): void {
    const { connection, ended } = fakeConnection()
    let established = 0
    const link = createPeerLink({
      connection,
      protection: 'none',
      arrival: undefined,
      cover: undefined,
      handlers,
      helloTimeoutMs: 5_000,
      liveness,
      compressor,
      upload: { bulk: [], answers: [] },
      roster,
      requestStreamsPerMinute: 60,
      place: () => 1n,
      onEstablished: () => established++,
      onEnded: () => undefined,
    })
    const opened = new Map<number, ReturnType<typeof fakeStream>>()
    const kinds = 1 + channelClasses.length + requestProtocols.length
    for (let at = 0; at + 2 <= script.length && !ended(); ) {
      const which = (script[at] as number) % (kinds * 2)
      const length = script[at + 1] as number
      let stream = opened.get(which)
      if (stream === undefined) {
        stream = fakeStream()
        opened.set(which, stream)
        serve(link, which % kinds, stream.stream)
      }
      stream.deliver(script.slice(at + 2, at + 2 + length))
      at += 2 + length
      runImmediates(immediatesMax)
    }
    if (established > 1) throw new Error('a link was established twice')
    link.services.close('the end')
  }

  function serve(link: PeerLinks.PeerLink, kind: number, stream: Stream): void {
    if (kind === 0) return link.serveControl(stream)
    if (link.phase !== 'established') return link.violate('a stream before hello was accepted')
    const channelClass = channelClasses[kind - 1]
    if (channelClass) return link.services.channels.accept(channelClass, stream)
    const protocol = requestProtocols[kind - 1 - channelClasses.length]
    if (protocol) link.services.serveRequests(protocol, stream)
  }

  return {
    name: 'PeerLink',
    bytesMax: 600,
    framesPerInput: 10,
    seeds: [greeted([]), greeted([2, 12, 2, 0, 0, 8, 1, 1, 1, 1, 1, 1, 1, 1])],
    run,
  }
}

/** A hello and an acceptance on the control stream, and what follows them. */
function greeted(rest: readonly number[]): Uint8Array {
  return Uint8Array.of(0, 19, 1, 0, 0, 3, 7, 7, 7, 2, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1, ...rest)
}

const handlers: NetworkHandlers = {
  ...quietHandlers,
  hello: () => new Uint8Array(3),
  onHello: (_peer, hello) => {
    if (hello[0] === 1) return { accept: false, reason: 'no' }
    return hello[0] === 2 ? { proofWithinMs: 1000 } : { accept: true }
  },
  prove: async () => new Uint8Array(4),
  onProof: (_peer, proof) => (proof[0] === 1 ? { accept: false, reason: 'no' } : { accept: true }),
  onGossip: () => 'accept',
  async *onRequest(_peer, _protocol, message) {
    if (message[0] === 1) throw new Error('refused')
    yield message
  },
}

interface FakeStream {
  readonly stream: Stream
  deliver(bytes: Uint8Array): void
}

function fakeStream(): FakeStream {
  const events = new EventTarget()
  const state = {
    status: 'open',
    readStatus: 'readable',
    writeStatus: 'writable',
    writableNeedsDrain: false,
    id: '1',
    protocol: '/x',
  }
  const end = () => {
    if (state.status !== 'open') return
    state.status = 'aborted'
    events.dispatchEvent(new Event('close'))
  }
  const stream = Object.assign(events, state, { send: () => true, pause: () => undefined, resume: () => undefined, abort: end })
  // The state is read through the stream.
  Object.defineProperty(stream, 'status', { get: () => state.status })
  return {
    stream: stream as unknown as Stream,
    deliver: (bytes) => {
      if (state.status === 'open') events.dispatchEvent(Object.assign(new Event('message'), { data: bytes }))
    },
  }
}

function fakeConnection(): { connection: Connection; ended: () => boolean } {
  const events = new EventTarget()
  let isOver = false
  const peer = { toString: () => 'peer', equals: () => true }
  const connection = Object.assign(events, {
    remotePeer: peer,
    remoteAddr: { toString: () => '/ip4/127.0.0.1/tcp/1', getComponents: () => [{ name: 'ip4', value: '127.0.0.1' }] },
    direction: 'inbound',
    timeline: { open: 0 },
    status: 'open',
    newStream: () => new Promise<Stream>(() => undefined),
    abort: () => {
      isOver = true
    },
  })
  return { connection: connection as unknown as Connection, ended: () => isOver }
}

/** Timers never fire; immediates wait until they are run here. */
function standStill(): (countMax: number) => void {
  const waiting: (() => void)[] = []
  const never = { unref: () => never, ref: () => never, hasRef: () => false, refresh: () => never, close: () => never }
  Object.assign(globalThis, {
    setTimeout: () => never,
    clearTimeout: () => undefined,
    setImmediate: (callback: () => void) => {
      if (waiting.length < immediatesMax) waiting.push(callback)
      return never
    },
  })
  return (countMax) => {
    for (let count = 0; count < countMax; count++) {
      const callback = waiting.shift()
      if (callback === undefined) return
      callback()
    }
  }
}
