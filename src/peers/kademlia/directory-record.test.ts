import { describe, expect, it } from 'vitest'
import { ed25519Keypair, ed25519Sign, ed25519Verify } from '../../crypto/ed25519.ts'
import { sha256 } from '../../crypto/hash.ts'
import { type Bytes, utf8 } from '../../primitives/bytes.ts'
import {
  checkRecord,
  type DirectoryRecord,
  placeOfRecord,
  recordLifetimeMsMax,
  signServiceRecord,
  signValidatorRecord,
} from './directory-record.ts'
import { createRecordStore, recordBounds } from './record-store.ts'

const chainId = sha256(utf8('chain'))
const now = 1_800_000_000_000
const keyOf = (peer: string) => ed25519Keypair(sha256(utf8(peer)))
const rules = {
  chainId,
  now,
  verifyPeer: (peer: string, message: Bytes, signature: Bytes) => ed25519Verify(keyOf(peer).publicKey, message, signature),
}
const said = (peer: string, more: object = {}) => ({
  peer,
  addresses: ['/ip4/60.1.1.1/tcp/26600'],
  sequence: 1,
  expiresAt: now + 60_000,
  ...more,
})
const service = (peer: string, more: object = {}, signer = peer) =>
  signServiceRecord(chainId, (message) => ed25519Sign(keyOf(signer), message), { service: 'archive', ...said(peer, more) })
const validator = (more: object = {}) => signValidatorRecord(chainId, keyOf('network-key'), said('ada', more))
const codeOf = (record: DirectoryRecord, more: object = {}) => {
  const checked = checkRecord(record, { ...rules, ...more })
  return checked.ok ? 'good' : checked.error.code
}

describe('a record', () => {
  it('holds when its author signed it for this chain, and for nothing else in it', () => {
    expect([codeOf(service('ada')), codeOf(validator())]).toEqual(['good', 'good'])
    expect(codeOf(service('ada', {}, 'eve'))).toBe('DHT_RECORD_FORGED')
    expect(codeOf(service('ada'), { chainId: sha256(utf8('other')) })).toBe('DHT_RECORD_FORGED')
    const changes = [{ sequence: 2 }, { expiresAt: now + 61_000 }, { addresses: [] }, { peer: 'eve' }]
    for (const change of changes) expect(codeOf({ ...service('ada'), ...change })).toBe('DHT_RECORD_FORGED')
    for (const change of [...changes, { networkKey: keyOf('other').publicKey }])
      expect(codeOf({ ...validator(), ...change })).toBe('DHT_RECORD_FORGED')
  })

  it('has its time, its stake, and names somebody', () => {
    expect(codeOf(service('ada', { expiresAt: now }))).toBe('DHT_RECORD_EXPIRED')
    expect(codeOf(service('ada', { expiresAt: now + 2 * recordLifetimeMsMax }))).toBe('DHT_RECORD_EXPIRED')
    expect(codeOf(validator(), { stakeOf: () => 0n })).toBe('DHT_RECORD_UNSTAKED')
    expect(codeOf(validator(), { stakeOf: () => 1n })).toBe('good')
    expect(codeOf(service('ada', { service: 'Not A Name' }))).toBe('DHT_RECORD_INVALID')
    expect(codeOf(service('a/b'))).toBe('DHT_RECORD_INVALID')
  })
})

describe('the store of records', () => {
  const put = (store: ReturnType<typeof createRecordStore>, record: DirectoryRecord, group = 'g', at = now) =>
    store.put(placeOfRecord(chainId, record), record, group, at)
  const place = placeOfRecord(chainId, service('ada'))

  it('keeps the newest of each author, until it expires', () => {
    const store = createRecordStore()
    expect(put(store, service('ada', { sequence: 5 }))).toBe('kept')
    expect(put(store, service('ada', { sequence: 5 }))).toBe('known')
    expect(put(store, service('ada', { sequence: 4 }))).toBe('stale')
    expect(put(store, service('ada', { sequence: 6 }))).toBe('kept')
    expect(store.of(place, 10, now).map(({ sequence }) => sequence)).toEqual([6])
    expect(store.of(place, 10, now + 60_000)).toEqual([])
    store.expire(now + 60_000)
    expect(store.size).toBe(0)
  })

  it('hands on what nobody has brought for a while, each once', () => {
    const store = createRecordStore()
    put(store, service('ada'))
    expect(store.due(now, now + 1, 9)).toEqual([])
    expect(store.due(now + 1, now + 2, 9)).toHaveLength(1)
    expect(store.due(now + 1, now + 2, 9)).toEqual([])
  })

  it('is filled by no group: not a place, not a share, not the whole', () => {
    const store = createRecordStore()
    // The store keeps what others have checked.
    const signed = service('eve')
    const outcomes = Array.from({ length: 10 }, (_, id) => put(store, service(`p${id}`)))
    expect(outcomes.filter((outcome) => outcome === 'kept')).toHaveLength(recordBounds.perGroupAtPlace)
    for (let id = 0; id < 400; id++) put(store, { ...signed, service: `s${id}` }, 'g')
    expect(store.size).toBe(recordBounds.perGroup)
    for (let group = 0; group < 20; group++)
      for (let id = 0; id < 256; id++) put(store, { ...signed, service: `s${group}-${id}` }, `g${group}`)
    expect(store.size).toBe(recordBounds.total)
    expect(put(store, service('honest', { service: 'honest' }), 'another')).toBe('kept')
    expect(store.size).toBe(recordBounds.total)
  })
})
