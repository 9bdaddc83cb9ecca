import { type Bytes, concatBytes } from '../../primitives/bytes.ts'
import type { Query } from './query.ts'
import { encodeRecord, headerBytes, type ResourceRecord } from './resource-record.ts'

export const rcodes = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const
export type Rcode = keyof typeof rcodes

export interface Response {
  readonly rcode: Rcode
  readonly authoritative: boolean
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  /** Fewer answers are as good, as of many addresses; otherwise what does not fit is left out whole, and asked for again by TCP. */
  readonly divisible: boolean
}

export const refused: Response = { rcode: 'REFUSED', authoritative: false, answers: [], authorities: [], divisible: false }

/** What this server takes and sends by UDP: what crosses the Internet in one piece (DNS flag day 2020). */
export const udpBytesMax = 1232

/** The message, at most `bytesMax` long. With `truncated` it only says: ask by TCP. */
export function writeResponse(query: Query, response: Response, bytesMax: number, truncated = false): Bytes {
  const edns = query.edns ? optRecord(response.rcode) : new Uint8Array(0)
  const fixed = headerBytes + query.question.length + edns.length
  const room = bytesMax - fixed
  const answers = truncated ? [] : response.answers.map((record) => encodeRecord(record, query.name))
  const authorities = truncated ? [] : response.authorities.map((record) => encodeRecord(record, query.name))
  const fitting = response.divisible ? thatFit(answers, room) : lengthOf(answers) <= room ? answers : []
  const isCut = truncated || (answers.length > 0 && fitting.length === 0)
  // What stands in the authority section only helps resolvers to remember.
  const helping = !isCut && lengthOf(fitting) + lengthOf(authorities) <= room ? authorities : []
  const flags =
    0x8000 |
    (response.authoritative ? 0x0400 : 0) |
    (isCut ? 0x0200 : 0) |
    (query.recursionDesired ? 0x0100 : 0) |
    (rcodes[response.rcode] & 15)
  const counts = [1, fitting.length, helping.length, edns.length > 0 ? 1 : 0]
  return concatBytes(header(query.id, flags, counts), query.question, ...fitting, ...helping, edns)
}

/** An answer to what could not be read as a question. */
export function writeFault(id: number, rcode: 'FORMERR' | 'NOTIMP'): Bytes {
  return header(id, 0x8000 | rcodes[rcode], [0, 0, 0, 0])
}

function header(id: number, flags: number, counts: readonly number[]): Bytes {
  return Uint8Array.from([id, flags, ...counts].flatMap((value) => [value >> 8, value & 0xff]))
}

/** RFC 6891: the high bits of the response code stand in what is otherwise the time to live. */
function optRecord(rcode: Rcode): Bytes {
  return Uint8Array.of(0, 0, 41, udpBytesMax >> 8, udpBytesMax & 0xff, rcodes[rcode] >> 4, 0, 0, 0, 0, 0)
}

function thatFit(records: readonly Bytes[], room: number): readonly Bytes[] {
  let left = room
  const fitting: Bytes[] = []
  for (const record of records) {
    left -= record.length
    if (left < 0) break
    fitting.push(record)
  }
  return fitting
}

function lengthOf(records: readonly Bytes[]): number {
  return records.reduce((sum, { length }) => sum + length, 0)
}
