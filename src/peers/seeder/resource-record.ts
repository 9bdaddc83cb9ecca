import { type Bytes, concatBytes, utf8 } from '../../primitives/bytes.ts'
import { parseIp } from '../network-group.ts'

/** Resource records, in the few kinds that a seed serves, as they stand in a message (RFC 1035, 2782, 3596). */
export type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly host: string }
  | { readonly type: 'NS'; readonly target: string }
  | { readonly type: 'SOA'; readonly primary: string; readonly mailbox: string; readonly serial: number }
  | { readonly type: 'SRV'; readonly priority: number; readonly weight: number; readonly port: number; readonly target: string }
  | { readonly type: 'TXT'; readonly text: string }

export type RecordType = RecordData['type']
export type ResourceRecord = RecordData & { readonly name: string; readonly ttlSeconds: number }

export const typeNumbers: Readonly<Record<RecordType, number>> = { A: 1, NS: 2, SOA: 6, TXT: 16, AAAA: 28, SRV: 33 }

/** Seconds: how often a secondary server would look, and for how long a resolver may believe that there is nothing. */
export const zoneTimes = { refresh: 900, retry: 300, expire: 86_400, minimum: 60 } as const

/** The record's bytes; its name is a pointer where it is the one asked for, which stands right behind the header. */
export function encodeRecord(record: ResourceRecord, asked: string): Bytes {
  const data = encodeData(record)
  const name = record.name === asked ? Uint8Array.of(0xc0, headerBytes) : encodeName(record.name)
  const head = new Uint8Array(10)
  const view = new DataView(head.buffer)
  view.setUint16(0, typeNumbers[record.type])
  view.setUint16(2, 1)
  view.setUint32(4, record.ttlSeconds)
  view.setUint16(8, data.length)
  return concatBytes(name, head, data)
}

export const headerBytes = 12

/** Longest string within a text record. */
const stringBytesMax = 255

function encodeData(data: RecordData): Bytes {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return parseIp(data.host) ?? new Uint8Array(data.type === 'A' ? 4 : 16)
    case 'NS':
      return encodeName(data.target)
    case 'SRV':
      return concatBytes(uint16s(data.priority, data.weight, data.port), encodeName(data.target))
    case 'TXT':
      return concatBytes(...textStrings(data.text).flatMap((part) => [Uint8Array.of(part.length), part]))
    case 'SOA': {
      const { refresh, retry, expire, minimum } = zoneTimes
      const numbers = new Uint8Array(20)
      const view = new DataView(numbers.buffer)
      for (const [index, value] of [data.serial, refresh, retry, expire, minimum].entries()) view.setUint32(index * 4, value)
      return concatBytes(encodeName(data.primary), encodeName(data.mailbox), numbers)
    }
  }
}

/** The text in strings that a record can hold. */
export function textStrings(text: string): readonly Bytes[] {
  const whole = utf8(text)
  const strings: Bytes[] = []
  for (let start = 0; start < whole.length; start += stringBytesMax) strings.push(whole.slice(start, start + stringBytesMax))
  return strings.length > 0 ? strings : [whole]
}

function encodeName(name: string): Bytes {
  const labels = name === '' ? [] : name.split('.')
  return concatBytes(...labels.flatMap((label) => [Uint8Array.of(label.length), utf8(label)]), Uint8Array.of(0))
}

function uint16s(...values: readonly number[]): Bytes {
  return Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]))
}
