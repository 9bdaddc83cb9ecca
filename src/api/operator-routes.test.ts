import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClient } from '../client/client.ts'
import { errorView, peersView } from '../client/views.ts'
import { sha256 } from '../crypto/hash.ts'
import type { SynodNode } from '../engine/synod-node.ts'
import { createUsefulness } from '../engine/usefulness.ts'
import { noTraffic, type Traffic } from '../ports/network.ts'
import { silence } from '../ports/telemetry.ts'
import { toHex } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { routes } from './routes/all.ts'
import { type ApiServer, startApi } from './server.ts'

const token = 'c3'.repeat(32)
const hash = sha256(Uint8Array.of(1))
const traffic: Traffic = { ...noTraffic(), wire: { bytesIn: 7, bytesOut: 9 } }
const peer = {
  id: 'ada',
  connectionId: 3,
  address: '/ip4/127.0.0.1/tcp/1',
  host: '127.0.0.1',
  transport: 'tcp',
  direction: 'inbound',
  protection: 'tls1.3 X25519MLKEM768',
  latencyMs: undefined,
  connectedAt: 5,
  height: 4,
  agent: 'synod/1',
  staked: true,
  standing: { score: -12.5, reasons: [{ what: 'CODEC_TAG', at: 6, change: -10 }], bannedUntil: 'forever' },
} as const

const survey = {
  at: 1,
  peers: 3,
  answered: 3,
  strangers: 0,
  alone: false,
  agreedHeight: 4,
  comparedHeight: 4,
  same: 3,
  different: 0,
  stateHolds: true,
}

let api: ApiServer
let done: unknown[]
const logged: string[] = []

const addressBook = {
  new: 2,
  tried: 1,
  groups: 3,
  transports: { tcp: 3 },
  learnt: { config: 0, seed: 0, peer: 3, dht: 0, mdns: 0 },
  anchors: ['/ip4/8.8.8.8/tcp/26600/p2p/ada'],
}

function node(): SynodNode {
  const note = (verb: string) => (text: string, more: unknown) => {
    if (text === 'nonsense') throw new OperationalError('ACCESS_TARGET_INVALID', 'This is no peer id.')
    done.push([verb, text, more])
    return verb !== 'unban'
  }
  const operator = {
    ...Object.fromEntries(['ban', 'unban', 'allow', 'disallow', 'disconnect'].map((verb) => [verb, note(verb)])),
    bans: () => [{ target: 'eve', kind: 'peer', until: 'forever', by: 'conduct', reason: 'SIGNATURE_INVALID' }],
    allowed: () => ['10.0.0.0/8'],
  }
  const sightings = [
    { event: 'received', at: 2, peer: 'ada', within: hash, height: 3 } as const,
    { event: 'final', at: 4 } as const,
  ]
  return {
    operator,
    peers: () => [peer],
    status: () => ({ self: 'bob' }),
    net: () => ({
      at: 1,
      total: traffic,
      peers: [{ id: 'ada', traffic }],
      usefulness: createUsefulness(silence).totals(),
      addressBook,
    }),
    survey: async () => survey,
    trace: () => ({ sightings, block: { height: 3, hash }, completeSince: undefined }),
  } as unknown as SynodNode
}

beforeAll(async () => {
  api = await startApi({
    node: node(),
    host: '127.0.0.1',
    port: 0,
    version: 'test',
    operatorToken: token,
    telemetry: { log: (...line) => void logged.push(JSON.stringify(line)), count: () => undefined },
    metrics: { contentType: 'text/plain', exposition: async () => '' },
  })
})
afterAll(() => api.stop())
beforeEach(() => {
  done = []
})

const client = () => createClient(api.url, { operatorToken: token })

describe('every route for the operator', () => {
  const theirs = routes.filter(({ path }) => path.startsWith('/v1/operator/'))

  it.each(theirs.map(({ method, path }) => [method, path]))(
    '%s %s is closed to who does not show the token',
    async (method, path) => {
      const url = new URL(path.replace('{hash}', toHex(hash)), api.url)
      const ask = async (headers: Record<string, string>, query = '') => {
        const body =
          method === 'POST' ? { body: JSON.stringify(path.endsWith('disconnect') ? { peer: 'eve' } : { target: 'eve' }) } : {}
        const answer = await fetch(`${url}${query}`, {
          method,
          headers: { 'content-type': 'application/json', ...headers },
          ...body,
        })
        const read: unknown = await answer.json()
        return [answer.status, errorView.safeParse(read).data?.error.code]
      }
      const right = { authorization: `Bearer ${token}` }
      const refusals = [await ask({}), await ask({ authorization: 'Bearer x' }), await ask({}, `?token=${token}`)]
      expect(refusals.every(([status]) => [401, 403, 429].includes(status as number))).toBe(true)
      expect((await ask(right, `?token=${token}`))[0]).not.toBe(200)
      expect(done).toEqual([])
      expect(await ask(right)).toEqual([200, undefined])
    },
  )

  it('is all there is under its path, and the token is in no line of the log', () => {
    expect(theirs.every(({ operator }) => operator === 'alone')).toBe(true)
    expect(theirs).toHaveLength(11)
    expect(logged.length).toBeGreaterThan(0)
    expect(logged.join()).not.toContain(token)
  })

  it('is described with the token it takes', async () => {
    const document = (await (await fetch(new URL('/openapi.json', api.url))).json()) as {
      paths: Record<string, Record<string, { security?: unknown }>>
      components: unknown
    }
    expect(document.components).toMatchObject({ securitySchemes: { operatorToken: { type: 'http', scheme: 'bearer' } } })
    for (const [path, methods] of Object.entries(document.paths)) {
      const isTheirs = path.startsWith('/v1/operator/')
      const expected = isTheirs ? [{ operatorToken: [] }] : path === '/v1/peers' ? [{}, { operatorToken: [] }] : undefined
      for (const { security } of Object.values(methods)) expect({ path, security }).toEqual({ path, security: expected })
    }
  })

  it('names the scheme to who has no token', async () => {
    const answer = await fetch(new URL('/v1/operator/bans', api.url))
    expect([401, 429]).toContain(answer.status)
    expect(answer.headers.get(answer.status === 401 ? 'www-authenticate' : 'retry-after')).toMatch(/^(Bearer|1)$/)
  })
})

describe('the operator', () => {
  it('is told of standing and traffic, which others are not', async () => {
    const { connectionId: _, standing, ...known } = peer
    const toAll = peersView.parse(await (await fetch(new URL('/v1/peers', api.url))).json())
    expect(toAll).toEqual({ peers: [{ ...known, latencyMs: null, standing: null, traffic: null }] })
    expect(await client().peers()).toEqual({ peers: [{ ...known, latencyMs: null, standing, traffic }] })
    await expect(createClient(api.url, { operatorToken: 'x' }).peers()).rejects.toMatchObject({
      code: expect.stringMatching(/^API_TOKEN_(WRONG|THROTTLED)$/),
    })
  })

  it('reads traffic, bans and traces through the client', async () => {
    expect(await client().operator.net()).toMatchObject({ at: 1, total: traffic, peers: [{ id: 'ada', traffic }], addressBook })
    expect(await client().operator.bans()).toMatchObject({ bans: [{ target: 'eve', until: 'forever' }], allowed: ['10.0.0.0/8'] })
    expect(await client().operator.trace(hash)).toEqual({
      peerId: 'bob',
      now: expect.any(Number),
      sightings: [
        { event: 'received', at: 2, peer: 'ada', within: toHex(hash), height: 3 },
        { event: 'final', at: 4, peer: null, within: null, height: null },
      ],
      block: { height: 3, hash: toHex(hash) },
      completeSince: null,
    })
    await expect(client().operator.trace('00')).rejects.toMatchObject({ code: 'API_MALFORMED', status: 400 })
  })

  it('changes who may come, and hears whether anything changed', async () => {
    const { operator } = client()
    expect(await operator.ban('eve', 60_000)).toBe(true)
    expect(await operator.unban('eve')).toBe(false)
    expect([await operator.allow('ada'), await operator.disallow('ada'), await operator.disconnect('ada')]).toEqual([
      true,
      true,
      true,
    ])
    expect(done).toEqual([
      ['ban', 'eve', 60_000],
      ['unban', 'eve', undefined],
      ['allow', 'ada', undefined],
      ['disallow', 'ada', undefined],
      ['disconnect', 'ada', 'by the operator'],
    ])
  })

  it.each<[string, object]>([
    ['ban', { target: 'nonsense' }],
    ['ban', { target: '' }],
    ['ban', { target: 'a'.repeat(200) }],
    ['ban', { target: 'eve', forMs: 0 }],
    ['ban', { target: 'eve', forMs: 'long' }],
    ['unban', { target: 'eve', more: 1 }],
    ['allow', {}],
    ['disconnect', { target: 'eve' }],
  ])('is told when %s %j is not to be understood', async (verb, body) => {
    const answer = await fetch(new URL(`/v1/operator/${verb}`, api.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    })
    expect([answer.status, errorView.parse(await answer.json()).error.code]).toEqual([400, 'API_MALFORMED'])
    expect(done).toEqual([])
  })
})
