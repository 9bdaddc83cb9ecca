import { hash } from '../../chain/identifiers.ts'
import { bool, type Infer, list, struct, text, variant } from '../../codec/schema.ts'
import { ok, type Result, reject } from '../../primitives/result.ts'
import { type Contact, closestMax, contactAddressesMax, contactOf, isTellable } from './contact.ts'
import { type DirectoryRecord, directoryRecordSchema } from './directory-record.ts'
import { compareDistance, type Place } from './distance.ts'
import { tableBounds } from './routing-table.ts'

/** Records of one answer. */
export const answerRecordsMax = 16

/** Whether the asker answers such requests itself, and so may be told of to others. */
const serves = bool()

/** What is asked by the request protocol `dht`. One part answers each. */
export const dhtRequestSchema = variant('DhtRequest', {
  /** The nodes nearest to a place that are known, and, if wanted, the records kept for it. */
  find: { tag: 1, schema: struct('DhtFind', { target: hash, records: bool(), serves }) },
  /** Keep a record. */
  store: { tag: 2, schema: struct('DhtStore', { record: directoryRecordSchema, serves }) },
  /** Whether somebody is there. */
  ping: { tag: 3, schema: struct('DhtPing', { serves }) },
})
export type DhtRequest = Infer<typeof dhtRequestSchema>

const dhtPeerSchema = struct('DhtPeer', {
  peer: text({ max: 64 }),
  /** Multiaddrs without the peer id at their end, the best first. */
  addresses: list(text({ max: 128 }), { min: 1, max: contactAddressesMax }),
})

export const dhtAnswerSchema = variant('DhtAnswer', {
  found: {
    tag: 1,
    schema: struct('DhtFound', {
      /** The nearest first, each once, without the asker and the answerer. */
      peers: list(dhtPeerSchema, { max: closestMax }),
      records: list(directoryRecordSchema, { max: answerRecordsMax }),
    }),
  },
  stored: { tag: 2, schema: struct('DhtStored', { kept: bool() }) },
  pong: { tag: 3, schema: struct('DhtPong', {}) },
})
export type DhtAnswer = Infer<typeof dhtAnswerSchema>
export type DhtFound = Extract<DhtAnswer, { type: 'found' }>

/**
 * What of an answer to believe: the contacts it names. It is nonsense, and an offence, when it names somebody twice, itself or the
 * asker, is not in order of distance, names what nobody can have as an address, or more of one network group than any table holds:
 * honest nodes cannot make it. Whether those it names exist is found out by asking them.
 */
export function readFound(
  { peers }: Pick<DhtFound, 'peers'>,
  asked: { readonly target: Place; readonly asker: string; readonly answerer: string },
): Result<readonly Contact[]> {
  const nonsense = (why: string) => reject('DHT_ANSWER_INVALID', why)
  const groups = new Map<string, number>()
  const contacts: Contact[] = []
  for (const { peer, addresses } of peers) {
    if (!/^[0-9A-Za-z]{1,64}$/.test(peer)) return nonsense('it names what is no peer id')
    if (peer === asked.asker || peer === asked.answerer) return nonsense('it names the asker or the answerer')
    if (!addresses.every((address) => isTellable(address, peer))) return nonsense('it names what is no address')
    const contact = contactOf(peer, addresses)
    const last = contacts.at(-1)
    if (last && compareDistance(asked.target, last.place, contact.place) >= 0) return nonsense('it is not in order of distance')
    const ofGroup = (groups.get(contact.group) ?? 0) + 1
    groups.set(contact.group, ofGroup)
    if (ofGroup > tableBounds.perGroup) return nonsense('it names more of one network group than any table holds')
    contacts.push(contact)
  }
  return ok(contacts)
}

/** Records that belong to the place that was asked about; any other is nonsense. */
export function readRecords(
  records: readonly DirectoryRecord[],
  asked: { readonly target: Place; readonly wanted: boolean; readonly placeOf: (record: DirectoryRecord) => Place },
): Result<readonly DirectoryRecord[]> {
  if (records.length > 0 && !asked.wanted) return reject('DHT_ANSWER_INVALID', 'no records were asked for')
  const isElsewhere = records.some((record) => compareDistance(asked.target, asked.target, asked.placeOf(record)) !== 0)
  return isElsewhere ? reject('DHT_ANSWER_INVALID', 'it brings records of another place') : ok(records)
}
