import type { Bytes } from '../../primitives/bytes.ts'
import { headerBytes } from './resource-record.ts'

/** A question to a name server, read strictly: one question, and nothing behind it but what EDNS says of the asker (RFC 1035, 6891). */
export interface Query {
  readonly id: number
  readonly recursionDesired: boolean
  /** In lower case, without the dot at its end; octets that no name of ours has stand as `?`. */
  readonly name: string
  readonly type: number
  readonly class: number
  /** As it came: askers check that its letters come back as they were. */
  readonly question: Bytes
  readonly edns: { readonly payloadBytes: number; readonly version: number } | undefined
  /** Of the whole message. */
  readonly bytes: number
}

/** What is no query gets a header that says so; `drop`: not even that, or two servers could talk to each other for ever. */
export type ReadQuery =
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'fault'; readonly id: number; readonly rcode: 'FORMERR' | 'NOTIMP' }
  | { readonly kind: 'drop' }

/** A question with the longest name, and room for the options of EDNS. */
const queryBytesMax = 1024
const nameBytesMax = 255

export function readQuery(message: Bytes): ReadQuery {
  if (message.length < headerBytes || message.length > queryBytesMax) return { kind: 'drop' }
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const [id, flags] = [view.getUint16(0), view.getUint16(2)]
  if ((flags & 0x8000) !== 0) return { kind: 'drop' }
  if (((flags >> 11) & 15) !== 0) return { kind: 'fault', id, rcode: 'NOTIMP' }
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => view.getUint16(at)) as [
    number,
    number,
    number,
    number,
  ]
  const malformed: ReadQuery = { kind: 'fault', id, rcode: 'FORMERR' }
  if (questions !== 1 || answers !== 0 || authorities !== 0 || additionals > 1) return malformed
  const name = readName(message)
  if (!name || name.end + 4 > message.length) return malformed
  const end = name.end + 4
  const edns = additionals === 1 ? readEdns(message, view, end) : undefined
  if (additionals === 1 ? edns === undefined : end !== message.length) return malformed
  return {
    kind: 'query',
    query: {
      id,
      recursionDesired: (flags & 0x0100) !== 0,
      name: name.text,
      type: view.getUint16(name.end),
      class: view.getUint16(name.end + 2),
      question: message.slice(headerBytes, end),
      edns,
      bytes: message.length,
    },
  }
}

/** Nothing stands before the first name that it could point to. */
function readName(message: Bytes): { readonly text: string; readonly end: number } | undefined {
  const labels: string[] = []
  for (let at = headerBytes; at < message.length && at - headerBytes < nameBytesMax; ) {
    const length = message[at] as number
    if (length === 0) return { text: labels.join('.'), end: at + 1 }
    if (length > 63 || at + 1 + length > message.length) return undefined
    const label = String.fromCharCode(...message.subarray(at + 1, at + 1 + length))
    labels.push(label.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '?'))
    at += 1 + length
  }
  return undefined
}

/** An OPT record at the root, with whatever options, to the end of the message. */
function readEdns(message: Bytes, view: DataView, at: number): Query['edns'] {
  if (at + 11 > message.length || message[at] !== 0 || view.getUint16(at + 1) !== 41) return undefined
  if (at + 11 + view.getUint16(at + 9) !== message.length) return undefined
  return { payloadBytes: view.getUint16(at + 3), version: message[at + 6] as number }
}
