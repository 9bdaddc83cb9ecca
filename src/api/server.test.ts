import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNodeEvents, type NodeEvents } from '../engine/node-events.ts'
import type { NodeEvent, SynodNode } from '../engine/synod-node.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { type ApiServer, startApi } from './server.ts'

let api: ApiServer
let events: NodeEvents
let logged: string[]
let failure: Error

beforeEach(async () => {
  events = createNodeEvents()
  logged = []
  const fail = () => {
    throw failure
  }
  const node = { mempool: fail, subscribe: events.subscribe } as unknown as SynodNode
  api = await startApi({
    node,
    host: '127.0.0.1',
    port: 0,
    version: 'test',
    operatorToken: 'ab'.repeat(32),
    telemetry: { log: (level, _message, fields) => void logged.push(`${level} ${fields?.['error']}`), count: () => undefined },
    metrics: { contentType: 'text/plain', exposition: async () => '' },
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
