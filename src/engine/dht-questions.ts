import type { ChainId } from '../chain/identifiers.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Contact } from '../peers/kademlia/contact.ts'
import { dialAddress } from '../peers/kademlia/contact.ts'
import { type DhtRequest, dhtAnswerSchema, dhtRequestSchema, readFound, readRecords } from '../peers/kademlia/dht-message.ts'
import { checkRecord, type DirectoryRecord, placeOfRecord, type RecordRules } from '../peers/kademlia/directory-record.ts'
import type { Place } from '../peers/kademlia/distance.ts'
import { refusalOf } from '../ports/network.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
import type { Ports } from './ports.ts'
import type { Visits } from './visits.ts'

/** Asks one node, over the connection there is or on a visit, and judges what it says. */
export interface DhtQuestions {
  /** Undefined when there was no answer worth anything. */
  find(contact: Contact, target: Place, records: boolean): Promise<Found | undefined>
  store(contact: Contact, record: DirectoryRecord): Promise<boolean>
  ping(contact: Contact): Promise<boolean>
}

export interface Found {
  readonly contacts: readonly Contact[]
  /** Checked. */
  readonly records: readonly DirectoryRecord[]
  /** Where the answer came from. */
  readonly host: string
}

export interface DhtQuestionsOptions {
  readonly ports: Ports
  readonly chainId: ChainId
  readonly visits: Visits
  readonly serves: () => boolean
  readonly mayVisit: (contact: Contact) => boolean
  readonly rules: () => RecordRules
  readonly onAnswer: (contact: Contact) => void
  /** `gone`: it does not answer such questions any more. */
  readonly onSilence: (contact: Contact, why: 'silent' | 'gone') => void
  readonly onRejection: (peer: string, rejection: Rejection) => void
}

const answerTimeoutMs = 3000

export function createDhtQuestions(options: DhtQuestionsOptions): DhtQuestions {
  const { ports, chainId, visits, serves, onRejection } = options
  const { clock, network, telemetry } = ports

  async function askOnce(peer: string, request: DhtRequest) {
    for await (const part of network.request(peer, 'dht', encode(dhtRequestSchema, request), { timeoutMs: answerTimeoutMs })) {
      // What is kept of an answer outlives the buffer in which it came.
      return decode(dhtAnswerSchema, part.slice())
    }
    return reject('DHT_ANSWER_INVALID', 'an answer without a part')
  }

  /** Undefined when nothing came, or something of the wrong kind. */
  async function ask(contact: Contact, request: DhtRequest) {
    const { peer } = contact
    if (!visits.infoOf(peer) && !options.mayVisit(contact)) return undefined
    const began = clock.monotonic()
    try {
      const addresses = contact.addresses.map((address) => dialAddress(address, peer))
      const answer = await visits.visit(peer, addresses, () => askOnce(peer, request))
      telemetry.observe('synod_dht_request_seconds', (clock.monotonic() - began) / 1000)
      if (answer.ok && answersTo[request.type] === answer.value.type) return answer.value
      onRejection(peer, answer.ok ? { code: 'DHT_ANSWER_INVALID', detail: 'an answer to another question' } : answer.error)
      count('nonsense')
      options.onSilence(contact, 'gone')
    } catch (error) {
      const refused = refusalOf(error)?.code
      count(refused === undefined ? 'silent' : 'refused')
      telemetry.log('debug', 'a question to the directory was not answered', { peer, error: String(error) })
      if (refused === undefined) options.onSilence(contact, 'silent')
      else if (refused === 'REQUEST_UNSUPPORTED') options.onSilence(contact, 'gone')
    }
    return undefined
  }

  const count = (result: string) => telemetry.count('synod_dht_requests_total', 1, { result })

  /** A record that is late or unstaked costs nobody anything; a forged one costs whoever kept it. */
  function checked(peer: string, records: readonly DirectoryRecord[]): readonly DirectoryRecord[] {
    const rules = options.rules()
    return records.filter((record) => {
      const good = checkRecord(record, rules)
      if (!good.ok) onRejection(peer, good.error)
      return good.ok
    })
  }

  return {
    async find(contact, target, records) {
      const { peer } = contact
      const answer = await ask(contact, { type: 'find', target, records, serves: serves() })
      if (answer?.type !== 'found') return undefined
      const contacts = readFound(answer, { target, asker: network.self, answerer: peer })
      const brought = contacts.ok
        ? readRecords(answer.records, { target, wanted: records, placeOf: (each) => placeOfRecord(chainId, each) })
        : contacts
      const read: Result<Found> =
        brought.ok && contacts.ok
          ? ok({ contacts: contacts.value, records: checked(peer, brought.value), host: visits.infoOf(peer)?.host ?? '' })
          : (brought as Result<Found>)
      if (!read.ok) {
        onRejection(peer, read.error)
        count('nonsense')
        options.onSilence(contact, 'gone')
        return undefined
      }
      count('answered')
      options.onAnswer(contact)
      return read.value
    },
    async store(contact, record) {
      const answer = await ask(contact, { type: 'store', record, serves: serves() })
      if (answer) count('answered')
      return answer?.type === 'stored' && answer.kept
    },
    async ping(contact) {
      const answer = await ask(contact, { type: 'ping', serves: serves() })
      if (!answer) return false
      count('answered')
      options.onAnswer(contact)
      return true
    },
  }
}

const answersTo = { find: 'found', store: 'stored', ping: 'pong' } as const
