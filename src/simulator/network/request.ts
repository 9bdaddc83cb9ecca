import { refusalText } from '../../peers/refusal.ts'
import { type PeerId, type RequestProtocol, requestRefused } from '../../ports/network.ts'
import { createBoundedQueue } from '../../primitives/bounded-queue.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Courier } from './courier.ts'
import type { Station } from './station.ts'

/** A responder runs this far ahead of its consumer. */
const aheadBytesMax = 1 << 20
const aheadPartsMax = 256

export interface RequestWorld {
  readonly scheduler: Scheduler
  readonly courier: Courier
  readonly stationOf: (peer: PeerId) => Station | undefined
  readonly lives: (station: Station) => boolean
}

export interface RequestCall {
  readonly from: Station
  readonly peer: PeerId
  readonly protocol: RequestProtocol
  readonly message: Bytes
  /** Longest wait for the next part. */
  readonly timeoutMs: number
}

type Event = { readonly part: Bytes } | { readonly end: true } | { readonly failure: string } | { readonly refusal: string }

/** What the responder knows of its consumer. */
interface Answer {
  aheadBytes: number
  aheadParts: number
  cancelled: boolean
  wake: () => void
}

/** One request and its answer, part by part. */
export async function* simulateRequest(world: RequestWorld, call: RequestCall): AsyncGenerator<Bytes> {
  const { from, peer, protocol, message, timeoutMs } = call
  const failed = (why: string) => new OperationalError('REQUEST_FAILED', `${protocol} of ${peer}: ${why}`)
  const link = from.links.get(peer)
  const to = world.stationOf(peer)
  if (!link || !to) throw failed('not connected')
  const arrived = createBoundedQueue<Event>(aheadPartsMax + 8)
  const answer: Answer = { aheadBytes: 0, aheadParts: 0, cancelled: false, wake: () => undefined }
  let wake: () => void = () => undefined
  // Nothing wakes a node that has crashed meanwhile.
  const put = (event: Event) => {
    if (!world.lives(from)) return
    arrived.push(event)
    wake()
  }
  const lost = (reason: string) => put({ failure: reason })
  link.connection.onEnd.add(lost)
  const send = (bytes: number, back: boolean, arrive: () => void) =>
    world.courier.carry({
      from: back ? to : from,
      to: back ? from : to,
      connection: link.connection,
      stream: `request ${protocol}`,
      bytes,
      arrive,
    })
  send(message.length, false, () => void respond())

  /** Answers while the consumer takes what it is given, and while both sides are there. */
  async function respond(): Promise<void> {
    const parts = to?.handlers?.onRequest(from.self, protocol, message.slice())[Symbol.asyncIterator]()
    if (!parts || !to) return
    try {
      for (;;) {
        while (answer.aheadBytes >= aheadBytesMax || answer.aheadParts >= aheadPartsMax) {
          if (answer.cancelled) break
          await new Promise<void>((resume) => {
            answer.wake = resume
          })
        }
        if (answer.cancelled || !world.lives(to)) return void (await parts.return?.())
        const next = await parts.next()
        if (next.done) return send(0, true, () => put({ end: true }))
        const part = next.value.slice()
        answer.aheadBytes += part.length
        answer.aheadParts++
        send(part.length, true, () => put({ part }))
      }
    } catch (error) {
      const reason = refusalText(error)
      send(reason.length, true, () => put({ refusal: reason }))
    }
  }

  try {
    for (;;) {
      const event = arrived.shift() ?? (await waitForMore())
      if ('failure' in event) throw failed(event.failure)
      if ('refusal' in event) throw requestRefused(`${protocol} of ${peer}`, event.refusal)
      if ('end' in event) return
      answer.aheadBytes -= event.part.length
      answer.aheadParts--
      answer.wake()
      yield event.part
    }
  } finally {
    link.connection.onEnd.delete(lost)
    answer.cancelled = true
    answer.wake()
  }

  async function waitForMore(): Promise<Event> {
    const callOff = world.scheduler.after(timeoutMs, () => put({ failure: 'timed out' }))
    await new Promise<void>((resume) => {
      wake = resume
    })
    callOff()
    return arrived.shift() as Event
  }
}
