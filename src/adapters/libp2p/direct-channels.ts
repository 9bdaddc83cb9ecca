/**
 * Direct messages: one long-lived stream per priority class and direction, opened by its sender with the first message. Within a class
 * the channel named first goes first; between classes, bulk is paced and votes are not.
 */
import type { Stream } from '@libp2p/interface'
import { type Channel, channelBytesMax, channels } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { BulkBudget } from './bulk-budget.ts'
import { type Compressible, type Compressor, compressedKinds, isCompressedKind, isCompressible, plainKind } from './compressor.ts'
import type { LinkCover } from './cover.ts'
import type { Features } from './features.ts'
import type { Frame } from './frame.ts'
import { createFrameQueue, type FrameQueue } from './frame-queue.ts'
import { createFrameStream, type FrameStream } from './frame-stream.ts'
import { channelQueueMax, votesWindowBytes } from './limits.ts'
import { type PaddingAllowance, paddingBytesMax, paddingKind } from './padding.ts'
import type { ReadGate } from './read-gate.ts'
import type { FrameCounter } from './traffic-meter.ts'

export interface ChannelClass {
  readonly protocol: string
  readonly channels: readonly Channel[]
  readonly bulk: boolean
}

/** In falling priority. */
export const channelClasses: readonly ChannelClass[] = [
  { protocol: '/synod/votes/1', channels: ['consensus', 'evidence'], bulk: false },
  { protocol: '/synod/batches/1', channels: ['batches'], bulk: true },
  { protocol: '/synod/blocks/1', channels: ['blocks', 'peers'], bulk: true },
]

export interface DirectChannelsOptions {
  readonly budget: BulkBudget
  readonly gate: ReadGate
  readonly compressor: Compressor
  /** What the peer can do. */
  readonly features: () => Features
  /** Of frames whose kind is the index of their channel. */
  readonly counter: FrameCounter
  readonly cover: LinkCover
  readonly paddingAllowance: PaddingAllowance
  /** Opens a stream on this connection. */
  readonly open: (protocol: string) => Promise<Stream>
  readonly onMessage: (channel: Channel, message: Bytes) => void
  readonly onViolation: (what: string) => void
  /** A stream failed or was closed: the connection is of no more use. */
  readonly onLost: (reason: string) => void
}

export interface DirectChannels {
  /** False when the channel's queue is full. */
  send(channel: Channel, message: Bytes): boolean
  /** Sends that many bytes that mean nothing, among the bulk, if nothing else waits there. */
  sendPadding(bytes: number): void
  /** Serves a stream that the peer opened. */
  accept(channelClass: ChannelClass, stream: Stream): void
}

export function createDirectChannels(options: DirectChannelsOptions): DirectChannels {
  const senders = new Map<Channel, ClassSender>()
  for (const channelClass of channelClasses) {
    const sender = createClassSender(channelClass, options)
    for (const channel of channelClass.channels) senders.set(channel, sender)
  }
  const accepted = new Set<ChannelClass>()
  return {
    send: (channel, message) => senders.get(channel)?.send(channel, message) ?? false,
    sendPadding: (bytes) => senders.get('batches')?.sendPadding(bytes),
    accept(channelClass, stream) {
      if (accepted.has(channelClass)) {
        stream.abort(new Error('a second stream of the same class'))
        return options.onViolation(`a second stream ${channelClass.protocol}`)
      }
      accepted.add(channelClass)
      serve(channelClass, stream, options)
    },
  }
}

interface ClassSender {
  send(channel: Channel, message: Bytes): boolean
  sendPadding(bytes: number): void
}

/** One channel of a class, with what every message needs to know of it. */
interface Lane {
  readonly kind: number
  readonly queue: FrameQueue
  readonly compressible: Compressible | undefined
}

function createClassSender(channelClass: ChannelClass, options: DirectChannelsOptions): ClassSender {
  const lanes = new Map<Channel, Lane>()
  for (const channel of channelClass.channels) {
    lanes.set(channel, {
      kind: channels.indexOf(channel),
      queue: createFrameQueue(channelQueueMax[channel]),
      compressible: isCompressible(channel) ? channel : undefined,
    })
  }
  let frames: FrameStream | undefined
  let opening = false

  function open(): void {
    opening = true
    options.open(channelClass.protocol).then(
      (stream) => {
        frames = createFrameStream(stream, {
          queues: Array.from(lanes.values(), ({ queue }) => queue),
          bytesMaxOf: () => undefined, // The receiving side has nothing to say on this stream.
          onFrame: () => undefined,
          onViolation: options.onViolation,
          onClosed: () => options.onLost(`the stream ${channelClass.protocol} ended`),
          counter: options.counter,
          paddingAllowance: options.paddingAllowance,
          ...bulkOf(channelClass, options.budget),
          ...(channelClass.bulk ? options.cover.bulk : options.cover.votes),
        })
        frames.flush()
      },
      (cause: unknown) => options.onLost(`the stream ${channelClass.protocol} could not be opened: ${messageOf(cause)}`),
    )
  }

  function frameOf({ kind, compressible }: Lane, message: Bytes): Frame {
    const packed = compressible && options.compressor.pack(compressible, message, options.features())
    return packed === undefined ? { kind, payload: message } : { kind: kind | packed.flag, payload: packed.payload }
  }

  return {
    sendPadding(bytes) {
      if (frames !== undefined) frames.sendPadding(bytes)
      else if (!opening) open()
    },
    send(channel, message) {
      const lane = lanes.get(channel)
      // A message that would be dropped is not compressed first: whoever keeps a queue full tries again and again.
      if (lane === undefined || !lane.queue.hasRoomFor(message.length) || !lane.queue.push(frameOf(lane, message))) return false
      if (frames !== undefined) frames.flush()
      else if (!opening) open()
      return true
    },
  }
}

function serve(channelClass: ChannelClass, stream: Stream, options: DirectChannelsOptions): void {
  const bytesMax = new Map<number, number>([[paddingKind, paddingBytesMax]])
  for (const channel of channelClass.channels) {
    const kind = channels.indexOf(channel)
    bytesMax.set(kind, channelBytesMax[channel])
    if (isCompressible(channel)) for (const packed of compressedKinds(kind)) bytesMax.set(packed, channelBytesMax[channel])
  }
  createFrameStream(stream, {
    queues: [],
    bytesMaxOf: (kind) => bytesMax.get(kind),
    onFrame({ kind, payload }) {
      const channel = channels[plainKind(kind)] as Channel
      if (!isCompressedKind(kind) || !isCompressible(channel)) return options.onMessage(channel, payload)
      const message = options.compressor.unpack(channel, kind, payload, channelBytesMax[channel])
      if ('violation' in message) options.onViolation(message.violation)
      else options.onMessage(channel, message)
    },
    onViolation: options.onViolation,
    onClosed: () => options.onLost(`the stream ${channelClass.protocol} ended`),
    counter: options.counter,
    paddingAllowance: options.paddingAllowance,
    gate: options.gate,
    windowBytes: votesWindowBytes,
    ...bulkOf(channelClass, options.budget),
  })
}

function bulkOf(channelClass: ChannelClass, budget: BulkBudget): { bulk?: { budget: BulkBudget; priority: number } } {
  return channelClass.bulk ? { bulk: { budget, priority: channelClasses.indexOf(channelClass) } } : {}
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
