/**
 * One connection to one peer, from its encryption to its end: greeting, established, ended, in this order and never back. Until both
 * hellos are accepted it serves nothing but the control stream. Any breach of the rules, by any stream, ends the whole connection.
 */
import type { Connection, Stream, StreamCloseEvent } from '@libp2p/interface'
import type { GreetedConnection, NetworkHandlers, PeerId, PeerInfo } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { BrokenRule } from './broken-rule.ts'
import type { Compressor } from './compressor.ts'
import { nextConnectionId } from './connection-id.ts'
import { helloProtocols } from './control-frames.ts'
import { type ControlStream, createControlStream } from './control-stream.ts'
import type { CoverSettings } from './cover.ts'
import { messageOf } from './direct-channels.ts'
import type { Arrival } from './door.ts'
import { createGreeting, type FailedGreeting, type Greeting } from './greeting.ts'
import { createLatencyProbe, type LatencyProbe, type Liveness } from './latency-probe.ts'
import { lingerMs, retirementMs } from './limits.ts'
import { isCircuit, readAddress } from './peer-address.ts'
import { createPeerServices, type PeerServices } from './peer-services.ts'
import type { StreamRoster } from './stream-roster.ts'
import type { PeerUpload } from './upload-shaper.ts'

export interface LinkOptions {
  readonly connection: Connection
  readonly protection: string
  /** Of an inbound connection. */
  readonly arrival: Arrival | undefined
  readonly handlers: NetworkHandlers
  readonly compressor: Compressor
  readonly upload: PeerUpload
  readonly cover: CoverSettings | undefined
  readonly roster: StreamRoster
  readonly requestStreamsPerMinute: number
  readonly helloTimeoutMs: number
  readonly liveness: Liveness
  /** The order of an acceptable connection among those accepted, or `undefined` when another to the same peer is kept. */
  readonly place: (link: PeerLink) => bigint | undefined
  readonly onEstablished: (link: PeerLink) => void
  readonly onEnded: (link: PeerLink, reason: string) => void
}

export interface PeerLink {
  readonly connection: Connection
  readonly peer: PeerId
  readonly openedAt: number
  readonly phase: 'greeting' | 'established' | 'ended'
  readonly greeting: Pick<Greeting, 'ownOrder' | 'peerOrder'>
  /** How the greeting ended. */
  readonly greeted: Promise<{ readonly kind: 'accepted' } | FailedGreeting>
  readonly services: PeerServices
  info(): PeerInfo
  /** Begins the greeting, once; the side that dialled does. */
  greet(): void
  serveControl(stream: Stream): void
  /** The peer broke a rule: reports it, and ends the link. */
  violate(what: string): void
  /** Measures the latency when it is time to, and ends the link of a peer that has been silent for too long. */
  ping(): void
  /**
   * Another connection has taken the place of this one, which ends in a while: both sides wait, so that neither cuts off what the other
   * had sent before it knew.
   */
  retire(): void
  /** Tells the peer the reason, and ends the link. */
  goodbye(reason: string): void
}

export function createPeerLink(options: LinkOptions): PeerLink {
  const { connection, handlers } = options
  const peer = connection.remotePeer.toString()
  const greeted = Promise.withResolvers<{ readonly kind: 'accepted' } | FailedGreeting>()
  const told = { ...describe(options), connectionId: options.arrival?.id ?? nextConnectionId(), connectedAt: Date.now() }
  const probe = createLatencyProbe(options.liveness)
  const acknowledge = (total: number) => control?.acknowledge(total)
  const open = (protocol: string | readonly string[]) => connection.newStream([protocol].flat(), { maxOutboundStreams: 1 })
  const ending = createEnding(connection, conclude, (what) => handlers.onMisbehaviour(peer, what))
  const { onLost, onStreamLost, retire } = createRetirement(connection, ending.now, (reason) => link.goodbye(reason))
  const services = createPeerServices({ ...options, peer, acknowledge, open, onViolation: violate, onLost: onStreamLost })
  const patience = createPatience(options, (why) => (control ? link.goodbye(why) : onLost(why)))
  const means = { control: () => control, place: () => options.place(link), isOver: () => phase === 'ended' }
  const verdicts = { onAccepted: establish, onRefusal: ending.linger, onRefused: ending.now, onViolation: violate }
  const greeting = createGreeting({ ...askingOf(options, told.connectionId), ...means, ...verdicts, allow: patience.extend })
  let phase: PeerLink['phase'] = 'greeting'
  let control: ControlStream | undefined

  function serveControl(stream: Stream): void {
    if (phase === 'ended') return stream.abort(new Error('the connection is closing'))
    if (control !== undefined) return violate('a second control stream')
    control = createControlStream(stream, {
      greeting,
      isOver: means.isOver,
      probe,
      ...services.onControl,
      onGoodbye: ending.told,
      onViolation: violate,
      onClosed: () => onLost('the connection closed'),
    })
    greeting.begin()
  }

  function establish(): void {
    if (phase !== 'greeting') return
    phase = 'established'
    patience.met()
    services.begin()
    link.ping()
    options.onEstablished(link)
    greeted.resolve({ kind: 'accepted' })
  }
  function conclude(outcome: FailedGreeting): void {
    phase = 'ended'
    patience.end()
    services.close(`the peer is gone: ${outcome.reason}`)
    options.onEnded(link, outcome.reason)
    greeted.resolve(outcome)
  }

  function violate(what: string): void {
    if (phase === 'ended') return
    handlers.onMisbehaviour(peer, what)
    link.goodbye(`broken rule: ${what}`)
  }
  const link: PeerLink = {
    connection,
    peer,
    openedAt: performance.now(),
    greeted: greeted.promise,
    services,
    greeting,
    get phase() {
      return phase
    },
    info: () => ({ ...told, latencyMs: probe.latencyMs }),
    greet: once(() =>
      open(helloProtocols).then(serveControl, (cause) => onLost(`the peer does not speak Synod: ${messageOf(cause)}`)),
    ),
    serveControl,
    violate,
    ping: () => keepAlive(probe, control, onLost),
    retire,
    goodbye(reason) {
      if (phase === 'ended') return
      options.arrival?.excused()
      ending.linger({ kind: 'failed', reason })
      control?.goodbye(reason)
    },
  }
  return link
}

function once(act: () => unknown): () => void {
  let isDone = false
  return () => {
    if (!isDone) act()
    isDone = true
  }
}

/** How a connection ends that may have a successor. */
function createRetirement(connection: Connection, end: Ending['now'], goodbye: (reason: string) => void) {
  const lose = (reason: string) => end({ kind: 'failed', reason })
  let isRetired = false
  const loseUnlessRetired = (reason: string) => {
    if (!isRetired) lose(reason)
  }
  const loseSoon = (reason: string) => void setTimeout(loseUnlessRetired, lingerMs, reason).unref()
  return {
    onLost(reason: string): void {
      // The peer may have a direct connection already, of which this side hears in a moment, and have ended gossip on this one.
      if (isCircuit(connection.remoteAddr)) loseSoon(reason)
      else lose(reason)
    },
    /** A stream other than control failed, most likely with its connection: streams keep no order, and the peer's goodbye may come last. */
    onStreamLost: loseSoon,
    retire(): void {
      isRetired = true
      setTimeout(() => goodbye('replaced by a direct connection'), retirementMs).unref()
    },
  }
}

function keepAlive(probe: LatencyProbe, control: ControlStream | undefined, onLost: (reason: string) => void): void {
  if (probe.isSilent()) onLost('the peer fell silent')
  else if (probe.isDue()) control?.ping(probe.ping())
}

/** What the engine is asked about one connection. */
function askingOf({ handlers, arrival, connection: { direction, remoteAddr, remotePeer } }: LinkOptions, id: number) {
  const peer = remotePeer.toString()
  const connection: GreetedConnection = { id, host: readAddress(remoteAddr).host, direction }
  return {
    hello: () => handlers.hello(peer, connection),
    judge(hello: Bytes) {
      const verdict = handlers.onHello(peer, hello, connection)
      if ('proofWithinMs' in verdict) arrival?.owes()
      else if (!verdict.accept) arrival?.excused()
      return verdict
    },
    prove: (hello: Bytes) => handlers.prove?.(peer, hello, connection),
    judgeProof(proof: Bytes) {
      const refusal = { accept: false as const, reason: 'no proof is understood here' }
      const verdict = handlers.onProof?.(peer, proof, connection) ?? refusal
      if (!verdict.accept) arrival?.excused()
      return verdict
    },
  }
}

/** How long a greeting may last: longer than at first while a proof is made, never shorter than was allowed before. */
function createPatience({ arrival, helloTimeoutMs }: LinkOptions, onEnd: (reason: string) => void) {
  let until = performance.now() + helloTimeoutMs
  let timer: NodeJS.Timeout | undefined = setTimeout(() => {
    arrival?.failed('no hello')
    onEnd(`no hello within ${helloTimeoutMs} ms`)
  }, helloTimeoutMs)
  function end(): void {
    clearTimeout(timer)
    timer = undefined
  }
  return {
    end,
    /** It is established: from now on, its end is no fault. */
    met(): void {
      end()
      arrival?.excused()
    },
    extend(furtherMs: number): void {
      if (timer === undefined || performance.now() + furtherMs <= until) return
      until = performance.now() + furtherMs
      clearTimeout(timer)
      timer = setTimeout(() => onEnd(`the greeting took longer than ${furtherMs} ms`), furtherMs)
    },
  }
}

interface Ending {
  now(outcome: FailedGreeting): void
  linger(outcome: FailedGreeting): void
  /** The peer said goodbye. When we had done so ourselves, there is nothing left to wait for. */
  told(reason: string): void
}

/** The end comes once: at once, or after a moment in which what was said last can arrive. For us the link is over either way. */
function createEnding(
  connection: Connection,
  onEnd: (outcome: FailedGreeting) => void,
  onViolation: (what: string) => void,
): Ending {
  let isOver = false
  function conclude(outcome: FailedGreeting): boolean {
    if (isOver) return false
    isOver = true
    onEnd(outcome)
    return true
  }
  const now = (outcome: FailedGreeting) => {
    if (conclude(outcome)) connection.abort(new Error(outcome.reason))
  }
  connection.addEventListener('close', ({ error }: StreamCloseEvent) => {
    if (isOver || !(error instanceof BrokenRule)) return now({ kind: 'failed', reason: 'the connection closed' })
    onViolation(error.message)
    now({ kind: 'failed', reason: `broken rule: ${error.message}` })
  })
  return {
    told(reason) {
      conclude({ kind: 'failed', reason })
      connection.abort(new Error(reason))
    },
    now,
    linger(outcome) {
      if (conclude(outcome)) setTimeout(() => connection.abort(new Error(outcome.reason)), lingerMs).unref()
    },
  }
}

function describe({
  connection,
  protection,
  arrival,
}: LinkOptions): Omit<PeerInfo, 'connectionId' | 'connectedAt' | 'latencyMs'> {
  const { direction, remoteAddr, remotePeer } = connection
  const { host, transport } = readAddress(remoteAddr)
  return {
    id: remotePeer.toString(),
    address: remoteAddr.toString(),
    host: arrival?.host ?? host,
    transport,
    relayed: transport === 'relay',
    direction,
    protection,
  }
}
