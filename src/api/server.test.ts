import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../client/client.ts'
import { createNodeEvents, type NodeEvents } from '../engine/node-events.ts'
import type { NodeEvent, SynodNode } from '../engine/synod-node.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { type ApiServer, startApi } from './server.ts'

let api: ApiServer
let events: NodeEvents
let logged: string[]
let failure: Error
let isOverloaded: boolean
let subscribed: number

beforeEach(async () => {
  events = createNodeEvents()
  logged = []
  isOverloaded = false
  const fail = () => {
    throw failure
  }
  subscribed = 0
  const subscribe: NodeEvents['subscribe'] = (listener) => {
    subscribed++
    return events.subscribe(listener)
  }
  const node = { mempool: fail, subscribe } as unknown as SynodNode
  api = await startApi({
    node,
    host: '127.0.0.1',
    port: 0,
    version: 'test',
    operatorToken: 'ab'.repeat(32),
    telemetry: { log: (level, _message, fields) => void logged.push(`${level} ${fields?.['error']}`), count: () => undefined },
    metrics: { contentType: 'text/plain', exposition: async () => '' },
    limits: { perAddressSecond: 20, inFlightPerAddress: 8, inFlight: 8, streamsPerAddress: 2 },
    isOverloaded: () => isOverloaded,
  })
})
afterEach(() => api.stop())

const ask = () => fetch(new URL('/v1/mempool', api.url))

describe('what the node cannot answer', () => {
  it('is a bug where nobody foresaw it: the log says which, the client is not told', async () => {
    failure = new Error('a secret place in the code')
    const answer = await ask()
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('secret')])
    expect(logged).toEqual(['error Error: a secret place in the code'])
  })

  it('may be asked again where the machine is at fault', async () => {
    failure = new OperationalError('VERIFIER_UNAVAILABLE', 'Too many signatures wait to be checked.')
    const answer = await ask()
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { error: expect.objectContaining({ code: 'VERIFIER_UNAVAILABLE' }) },
    ])
    expect(logged).toHaveLength(1)
  })
})

it('an event is written once for all who listen', async () => {
  let reads = 0
  const event = {
    type: 'evidence',
    consensusKey: new Uint8Array(48),
    get height() {
      reads++
      return 7
    },
  } as const satisfies NodeEvent
  const abort = new AbortController()
  const subscribe = async () => (await fetch(new URL('/v1/events', api.url), { signal: abort.signal })).body!.getReader()
  const readers = await Promise.all([subscribe(), subscribe()])
  for (const reader of readers) await reader.read()
  events.emit(event)
  for (const reader of readers) expect(new TextDecoder().decode((await reader.read()).value)).toContain('"height":7')
  expect(reads).toBe(1)
  abort.abort()
})

const token = 'ab'.repeat(32)

describe('who asks for more than the API may give', () => {
  it('is told to come later, and whoever looks after the node is not', async () => {
    isOverloaded = true
    failure = new OperationalError('VERIFIER_UNAVAILABLE', 'asked')
    const answer = await ask()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await answer.json()).toEqual({ error: expect.objectContaining({ code: 'API_BUSY' }) })
    expect((await fetch(new URL('/metrics', api.url))).status).toBe(200)
    const asOperator = await fetch(new URL('/v1/mempool', api.url), { headers: { authorization: `Bearer ${token}` } })
    expect(await asOperator.json()).toEqual({ error: expect.objectContaining({ code: 'VERIFIER_UNAVAILABLE' }) })
  })

  it('hears 429 beyond the rate of an address', async () => {
    failure = new OperationalError('VERIFIER_UNAVAILABLE', 'asked')
    const statuses = new Set<number>()
    for (let count = 0; count < 60; count++) {
      for (const answer of await Promise.all(Array.from({ length: 7 }, ask))) {
        statuses.add(answer.status)
        await answer.arrayBuffer()
      }
    }
    expect(statuses).toEqual(new Set([503, 429]))
  })

  it('has so many streams, of which those that end make room', async () => {
    const abort = new AbortController()
    const listen = (signal = abort.signal) => fetch(new URL('/v1/events', api.url), { signal })
    const open = [await listen(), await listen()]
    const third = await listen()
    expect([...open, third].map(({ status }) => status)).toEqual([200, 200, 429])
    expect(await third.json()).toEqual({ error: expect.objectContaining({ code: 'API_THROTTLED' }) })
    abort.abort()
    const later = new AbortController()
    await vi.waitFor(async () => expect((await listen(later.signal)).status).toBe(200), { timeout: 10_000 })
    later.abort()
  })
})

it('a client with the operator token hears of attacks and bans, one without does not', async () => {
  const ban = { type: 'ban', target: 'eve', until: 7, reason: 'spam' } as unknown as NodeEvent
  const round = { type: 'round', height: 3, round: 1, step: 'prevote' } as const satisfies NodeEvent
  const abort = new AbortController()
  const first = async (operatorToken?: string) => {
    for await (const { type } of createClient(api.url, { operatorToken }).events(abort.signal)) return type
    return undefined
  }
  const heard = Promise.all([first(token), first()])
  await vi.waitUntil(() => subscribed === 2, { timeout: 10_000 })
  events.emit(ban)
  events.emit(round)
  expect(await heard).toEqual(['ban', 'round'])
  abort.abort()
})
