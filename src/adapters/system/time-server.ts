import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'

/** What an SNTP server (RFC 4330) says of this machine's clock. */
export interface ClockReading {
  /** How far this clock is ahead of the server's, in milliseconds; negative where it is behind. */
  readonly aheadMs: number
  /** The answer may have been late by half of this on either way. */
  readonly roundTripMs: number
}

const messageBytes = 48
/** Version 4, mode 3: a client. */
const clientHead = 0b00_100_011
const serverMode = 4
/** From 1900 to 1970. */
const epochSeconds = 2_208_988_800
const ntpPort = 123

/** Asks once. Rejects where nobody answers in time, or what answers is no clock that is set. */
export async function askTimeServer(
  server: string,
  { timeoutMs, now = Date.now }: { readonly timeoutMs: number; readonly now?: () => number },
): Promise<ClockReading> {
  const [host, port] = addressOf(server)
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const request = Buffer.alloc(messageBytes)
    request[0] = clientHead
    const sentAt = now()
    // The server sends it back: what does not carry it answers somebody else.
    request.writeBigUInt64BE(timestampOf(sentAt), 40)
    socket.connect(port, host)
    await once(socket, 'connect', { signal })
    socket.send(request)
    const [answer] = (await once(socket, 'message', { signal })) as [Buffer]
    return readAnswer(answer, request, sentAt, now())
  } finally {
    socket.close()
  }
}

/** Section 5: offset = ((T2 − T1) + (T3 − T4)) / 2, of the server's clock from ours. */
function readAnswer(answer: Buffer, request: Buffer, sentAt: number, receivedAt: number): ClockReading {
  const stratum = answer[1] ?? 0
  const isAnswer =
    answer.length >= messageBytes &&
    ((answer[0] ?? 0) & 0b111) === serverMode &&
    answer.subarray(24, 32).equals(request.subarray(40, 48))
  if (!isAnswer) throw new Error('the answer is not that of a time server')
  if (stratum === 0 || stratum > 15 || (answer[0] ?? 0) >> 6 === 3) throw new Error('the server’s own clock is not set')
  const [arrived, left] = [timeAt(answer, 32), timeAt(answer, 40)]
  const offsetMs = (arrived - sentAt + (left - receivedAt)) / 2
  return { aheadMs: -offsetMs, roundTripMs: receivedAt - sentAt - (left - arrived) }
}

function timestampOf(ms: number): bigint {
  const seconds = Math.floor(ms / 1000) + epochSeconds
  return (BigInt(seconds) << 32n) | BigInt(Math.floor(((ms % 1000) / 1000) * 2 ** 32))
}

function timeAt(answer: Buffer, offset: number): number {
  return (answer.readUInt32BE(offset) - epochSeconds) * 1000 + (answer.readUInt32BE(offset + 4) / 2 ** 32) * 1000
}

/** `192.0.2.1`, `time.example.org:123`, `[2001:db8::1]:123`. */
function addressOf(server: string): [host: string, port: number] {
  const [, bracketed, ported, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server) ?? []
  return [bracketed ?? ported ?? server, port === undefined ? ntpPort : Number(port)]
}
