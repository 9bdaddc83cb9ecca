/**
 * The control stream `/synod/hello/1`, the first of every connection (docs/spec/network.md, "Hello"). It carries both hellos, the
 * proofs they call for and both verdicts, and afterwards stays open for pings, acknowledgements of bulk bytes, and the reason of a goodbye.
 */
import type { Stream } from '@libp2p/interface'
import type { Bytes } from '../../primitives/bytes.ts'
import { boundedText, controlBytesMax, featuredProtocol, kind, textOf } from './control-frames.ts'
import type { StreamCover } from './cover.ts'
import { decodeFeatures, encodeFeatures, type Features } from './features.ts'
import { type ReceivedFrame, readUint32, uint32 } from './frame.ts'
import { createFrameQueue } from './frame-queue.ts'
import { createFrameStream } from './frame-stream.ts'
import type { Greeting, VerdictSender } from './greeting.ts'
import type { LatencyProbe } from './latency-probe.ts'
import { helloBytesMax } from './limits.ts'
import { type PaddingAllowance, paddingBytesMax, paddingKind } from './padding.ts'
import type { FrameCounter } from './traffic-meter.ts'

export interface ControlHandlers {
  /** The connection is over for us: only a goodbye is still heard. */
  isOver(): boolean
  readonly greeting: Pick<Greeting, 'onHello' | 'onProof' | 'onAccepted' | 'onRefused' | 'onDuplicate'>
  /** What this node can do, told to a peer that would understand it. */
  readonly features: Features
  onFeatures(features: Features): void
  readonly probe: Pick<LatencyProbe, 'heard' | 'pong'>
  onAcknowledged(total: number): void
  onGoodbye(reason: string): void
  onViolation(what: string): void
  onClosed(): void
  readonly counter: FrameCounter
  readonly cover?: StreamCover
  readonly paddingAllowance: PaddingAllowance
}

export interface ControlStream extends VerdictSender {
  ping(nonce: number): void
  acknowledge(total: number): void
  goodbye(reason: string): void
}

const bytesExact = new Map<number, number>([
  [kind.accept, 8],
  [kind.ping, 4],
  [kind.pong, 4],
  [kind.acknowledge, 4],
])

export function createControlStream(stream: Stream, handlers: ControlHandlers): ControlStream {
  const queue = createFrameQueue({ bytes: helloBytesMax + (64 << 10), messages: 4_096 })
  let isPaddingAllowed = false
  let awaitsFeatures = stream.protocol === featuredProtocol

  function receive(frame: ReceivedFrame): void {
    if (handlers.isOver() && frame.kind !== kind.goodbye) return
    const exact = bytesExact.get(frame.kind)
    if (exact !== undefined && frame.payload.length !== exact)
      return handlers.onViolation(`control frame of kind ${frame.kind} of a wrong length`)
    const isFirst = awaitsFeatures
    awaitsFeatures = false
    if (isFirst !== (frame.kind === kind.features)) {
      return handlers.onViolation(isFirst ? 'no features in the first frame' : 'features after the first frame')
    }
    switch (frame.kind) {
      case kind.hello:
        return handlers.greeting.onHello(frame.payload)
      case kind.proof:
        return handlers.greeting.onProof(frame.payload)
      case kind.accept:
        return handlers.greeting.onAccepted(new DataView(frame.payload.buffer, frame.payload.byteOffset).getBigUint64(0))
      case kind.refuse:
        return handlers.greeting.onRefused(textOf(frame.payload))
      case kind.duplicate:
        return handlers.greeting.onDuplicate()
      case kind.ping:
        handlers.probe.heard()
        return send(kind.pong, frame.payload)
      case kind.pong:
        return handlers.probe.pong(readUint32(frame.payload, 0))
      case kind.acknowledge:
        return handlers.onAcknowledged(readUint32(frame.payload, 0))
      case kind.goodbye:
        return handlers.onGoodbye(textOf(frame.payload))
      case kind.features:
        return learn(frame.payload)
    }
  }

  function learn(payload: Bytes): void {
    const features = decodeFeatures(payload)
    if (features === undefined) handlers.onViolation('malformed features')
    else handlers.onFeatures(features)
    isPaddingAllowed = true
  }

  const frames = createFrameStream(stream, {
    queues: [queue],
    bytesMaxOf: (received) => (received === paddingKind && isPaddingAllowed ? paddingBytesMax : controlBytesMax.get(received)),
    onFrame: receive,
    onViolation: handlers.onViolation,
    onClosed: handlers.onClosed,
    counter: handlers.counter,
    paddingAllowance: handlers.paddingAllowance,
    ...(handlers.cover && { cover: handlers.cover }),
  })

  function send(sent: number, payload: Bytes): void {
    // A full queue means a peer that pings without reading the answers.
    if (queue.push({ kind: sent, payload })) frames.flush()
    else handlers.onViolation('control frames are sent but not read')
  }

  if (awaitsFeatures) send(kind.features, encodeFeatures(handlers.features))

  return {
    hello: (hello) => send(kind.hello, hello),
    proof: (proof) => send(kind.proof, proof),
    accept(order) {
      const payload = new Uint8Array(8)
      new DataView(payload.buffer).setBigUint64(0, order)
      send(kind.accept, payload)
    },
    refuse: (reason) => send(kind.refuse, boundedText(reason)),
    duplicate: () => send(kind.duplicate, new Uint8Array(0)),
    ping: (nonce) => send(kind.ping, uint32(nonce)),
    acknowledge: (total) => send(kind.acknowledge, uint32(total)),
    goodbye: (reason) => send(kind.goodbye, boundedText(reason)),
  }
}
