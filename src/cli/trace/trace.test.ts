import { describe, expect, it } from 'vitest'
import type { Client } from '../../client/client.ts'
import { ClientError } from '../../client/client-error.ts'
import type { TraceView } from '../../client/operator-views.ts'
import { followMessage } from './follow-message.ts'
import { hopsOf, messagePath, type Told } from './message-path.ts'
import type { AskedNode } from './nodes-to-ask.ts'
import { traceLines } from './trace-lines.ts'

type Sighting = TraceView['sightings'][number]

const [tx, batch, block] = ['aa', 'bb', 'cc'].map((digits) => digits.repeat(32)) as [string, string, string]
const saw = (event: string, at: number, about: Partial<Sighting> = {}): Sighting => ({
  event,
  at,
  peer: null,
  within: null,
  height: null,
  ...about,
})
const view = (peerId: string, sightings: readonly Sighting[], rest: Partial<TraceView> = {}): TraceView => ({
  peerId,
  now: 0,
  sightings: [...sightings],
  block: null,
  completeSince: null,
  ...rest,
})

/** What each node would tell of each hash: ada took the transaction, bob had it from ada, eve from bob. */
const memory: Readonly<Record<string, Readonly<Record<string, TraceView>>>> = {
  ada: {
    [tx]: view('id-ada', [saw('submitted', 100), saw('packed', 110, { within: batch })], { block: { height: 7, hash: block } }),
    [batch]: view('id-ada', [saw('packed', 110), saw('pushed', 111, { peer: 'id-bob' }), saw('pushed', 111, { peer: 'id-zoe' })]),
    [block]: view('id-ada', [saw('received', 133, { peer: 'id-bob', height: 7 }), saw('final', 150, { height: 7 })]),
  },
  bob: {
    [tx]: view('id-bob', [saw('received', 115, { peer: 'id-ada', within: batch })], { block: { height: 7, hash: block } }),
    [batch]: view('id-bob', [saw('received', 114, { peer: 'id-ada' }), saw('proposed', 130, { within: block, height: 7 })]),
    [block]: view('id-bob', [saw('proposed', 130, { height: 7 }), saw('final', 148, { height: 7 })]),
  },
  eve: {
    [tx]: view('id-eve', [saw('received', 125, { peer: 'id-bob', within: batch })], { completeSince: 90 }),
    [batch]: view('id-eve', [saw('announced', 118, { peer: 'id-bob' }), saw('pulled', 124, { peer: 'id-bob' })]),
    [block]: view('id-eve', []),
  },
}

function node(name: string): AskedNode {
  const trace = async (hash: string) => memory[name]?.[hash] ?? view(`id-${name}`, [])
  return { name, url: `http://${name}`, client: { operator: { trace } } as unknown as Client }
}
const gone: AskedNode = {
  ...node('gone'),
  client: { operator: { trace: () => Promise.reject(new ClientError('API_UNREACHABLE', 'no answer', 0)) } } as unknown as Client,
}
const all = [node('ada'), node('bob'), node('eve')]
const pathOf = async (hash: string) => {
  const { told, names } = await followMessage(hash, all)
  return messagePath(told, (id) => names.get(id) ?? id)
}

describe('a message', () => {
  it('is followed from the transaction to its batch and its block, on all nodes that answer', async () => {
    const { told, block: final, silent, names, completeSince } = await followMessage(tx, [...all, gone])
    expect(told.map((entry) => `${entry.subject} ${entry.node}`)).toEqual(
      ['transaction', 'batch', 'block'].flatMap((subject) => ['ada', 'bob', 'eve'].map((name) => `${subject} ${name}`)),
    )
    expect(final).toEqual({ height: 7, hash: block })
    expect(silent).toEqual([{ node: 'gone', reason: 'API_UNREACHABLE: no answer' }])
    expect([names.get('id-eve'), completeSince]).toEqual(['eve', 90])
  })

  it.each([
    [batch, ['batch', 'block']],
    [block, ['block']],
  ])('%.4s is followed as what it is', async (hash, subjects) => {
    const { told } = await followMessage(hash, all)
    expect([...new Set(told.map(({ subject }) => subject))]).toEqual(subjects)
  })

  it('has a path in the order of time, each arrival with its delay since it was sent', async () => {
    const steps = await pathOf(tx)
    expect(steps.map(({ afterMs }) => afterMs)).toEqual(steps.map(({ afterMs }) => afterMs).toSorted((a, b) => a - b))
    expect(steps[0]).toMatchObject({ node: 'ada', event: 'submitted', afterMs: 0, hopMs: null })
    const arrivals = steps.filter(({ hopMs }) => hopMs !== null)
    expect(arrivals.map(({ node: name, subject, event, peer, hopMs }) => `${name} ${subject} ${event} ${peer} ${hopMs}`)).toEqual(
      [
        'bob batch received ada 3',
        'bob transaction received ada 4',
        'eve batch announced bob 4',
        'eve batch pulled bob 10',
        'eve transaction received bob 11',
        'ada block received bob 3',
      ],
    )
  })

  it('is drawn as trees of the nodes it went through', async () => {
    expect(traceLines(await pathOf(tx))).toEqual([
      `transaction  ${tx}`,
      'ada                       +0 ms  submitted by a client',
      '│                        +10 ms  packed in batch bbbbbbbbbbbb…',
      '└─ bob                   +15 ms  received in batch bbbbbbbbbbbb… from ada  (4 ms on its way)',
      '   └─ eve                +25 ms  received in batch bbbbbbbbbbbb… from bob  (11 ms on its way)',
      '',
      `batch  ${batch}`,
      'ada                      +10 ms  packed',
      '│                        +11 ms  pushed, and not seen to arrive, to id-zoe',
      '└─ bob                   +14 ms  received from ada  (3 ms on its way)',
      '   │                     +30 ms  named in block 7 cccccccccccc…',
      '   └─ eve                +18 ms  heard of it from bob  (4 ms on its way)',
      '                         +24 ms  pulled from bob  (10 ms on its way)',
      '',
      `block 7  ${block}`,
      'bob                      +30 ms  proposed',
      '│                        +48 ms  final',
      '└─ ada                   +33 ms  received from bob  (3 ms on its way)',
      '                         +50 ms  final',
      '',
    ])
  })
})

describe('clocks that differ', () => {
  it('cannot lose a node from the picture, though each seems to have had it from the other', () => {
    const told: Told[] = ['ada', 'bob'].map((name, place) => ({
      node: name,
      subject: 'batch',
      hash: batch,
      view: view(`id-${name}`, [saw('received', 100 + place, { peer: `id-${place === 0 ? 'bob' : 'ada'}` })]),
    }))
    const hops = hopsOf(messagePath(told, (id) => id.slice(3)))
    expect(hops).toMatchObject([{ node: 'ada', next: [{ node: 'bob', next: [] }] }])
  })
})
