/** One visit: a connection on which light clients ask (docs/spec/network.md, "Requests"). */
import type { Connection, Stream } from '@libp2p/interface'
import { type RequestProtocol, requestRefused } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { textOf } from './control-frames.ts'
import { type ReceivedFrame, readUint32, uint32 } from './frame.ts'
import { drop, readFrames, sendFrame } from './frame-exchange.ts'
import { reasonBytesMax } from './limits.ts'
import { answerKind, requestKind, requestProtocolName } from './request-kinds.ts'
import { type ControlLine, type GreetingOptions, greet } from './visit-greeting.ts'

export interface Visit {
  readonly isOver: boolean
  /** The parts of an answer. Throws `OperationalError` REQUEST_FAILED on time-out, refusal or the visit's end. */
  request(message: Bytes, timeoutMs: number): Promise<readonly Bytes[]>
  end(): void
}

const protocol: RequestProtocol = 'light'
/** Far below what a host waits for before it has heard that anything was taken. */
const acknowledgeEvery = 16_384
/** A value of the state and its proof: everything else that is asked for is shorter. */
const partBytesMax = 4 + (1 << 20) + (64 << 10)
const partsMax = 16

interface Pending {
  readonly parts: Bytes[]
  bytes: number
  resolve(parts: readonly Bytes[]): void
  reject(error: OperationalError): void
}

/** Throws DIAL_FAILED. */
export async function createVisit(connection: Connection, options: GreetingOptions): Promise<Visit> {
  const control = await greet(connection, options)
  const stream = await connection.newStream(requestProtocolName(protocol), { signal: options.signal })
  const pending = new Map<number, Pending>()
  let lastId = 0
  let isOver = false

  function end(why: string): void {
    if (isOver) return
    isOver = true
    drop(connection, why)
    for (const { reject } of pending.values()) reject(failed(why))
    pending.clear()
  }

  readFrames(stream, {
    bytesMaxOf: (kind) => answerBytesMax.get(kind),
    onFrame(frame) {
      if (!settle(stream, frame, pending)) end('an answer to no request, or a longer one than there are')
    },
    onViolation: end,
    onConsumed: acknowledging(control),
  })
  connection.addEventListener('close', () => end('the visit is over'), { once: true })
  stream.addEventListener('close', () => end('the visit is over'), { once: true })

  return {
    get isOver() {
      return isOver
    },
    request(message, timeoutMs) {
      if (isOver) return Promise.reject(failed('the visit is over'))
      lastId += 1
      const id = lastId
      const { promise, resolve, reject } = Promise.withResolvers<readonly Bytes[]>()
      pending.set(id, { parts: [], bytes: 0, resolve, reject })
      sendFrame(stream, { kind: requestKind.request, id, payload: message })
      // Who does not answer is not asked again on this connection: what is still to come would belong to nothing.
      const timer = setTimeout(() => end(`no whole answer within ${timeoutMs} ms`), timeoutMs)
      return promise.finally(() => clearTimeout(timer))
    },
    end: () => end('the visit is over'),
  }
}

const answerBytesMax = new Map<number, number>([
  [answerKind.part, partBytesMax],
  [answerKind.end, 4],
  [answerKind.refusal, 4 + reasonBytesMax],
])

/** False for what breaks the rules. */
function settle(stream: Stream, { kind, payload }: ReceivedFrame, pending: Map<number, Pending>): boolean {
  const id = payload.length < 4 ? 0 : readUint32(payload, 0)
  const asked = pending.get(id)
  if (!asked) return false
  if (kind === answerKind.part) {
    asked.bytes += payload.length - 4
    sendFrame(stream, { kind: requestKind.consumed, id, payload: uint32(asked.bytes) })
    return asked.parts.push(payload.slice(4)) <= partsMax
  }
  pending.delete(id)
  if (kind === answerKind.end) asked.resolve(asked.parts)
  else asked.reject(requestRefused(`${protocol} request failed`, textOf(payload.subarray(4))))
  return true
}

function acknowledging(control: ControlLine): (total: number) => void {
  let told = 0
  return (total) => {
    if (total - told < acknowledgeEvery) return
    told = total
    control.acknowledge(total)
  }
}

function failed(why: string): OperationalError {
  return new OperationalError('REQUEST_FAILED', `${protocol} request failed: ${why}`)
}
