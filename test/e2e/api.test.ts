import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { batchSchema } from '../../src/chain/batch.ts'
import {
  accountView,
  blockView,
  chainView,
  commitView,
  type EventView,
  healthView,
  lightBlockView,
  mempoolView,
  peersView,
  queryView,
  stateView,
  statusView,
  submissionView,
  transactionView,
  validatorChangesView,
  validatorsView,
} from '../../src/client/views.ts'
import { encode } from '../../src/codec/codec.ts'
import { addressOf } from '../../src/crypto/address.ts'
import { taggedHash } from '../../src/crypto/hash.ts'
import { metrics } from '../../src/engine/metrics-catalogue.ts'
import { toHex } from '../../src/primitives/bytes.ts'
import { heightOf, type LocalNetwork, reaches, startLocalNetwork } from './support/local-network.ts'
import { signedTransfer } from './support/signed-transfer.ts'
import { until } from './support/until.ts'

let network: LocalNetwork

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 200 })
})
afterAll(() => network?.stop())

const account = (index: number) => network.accounts[index]!
const client = () => network.nodes[0]!.client
const get = (path: string) => fetch(new URL(path, network.nodes[0]!.url))

/** Parsed as strictly as can be: a field that no view declares is a fault, too. */
async function answerOf<T>(path: string, view: z.ZodObject): Promise<T> {
  const response = await get(path)
  expect(response.status, path).toBe(200)
  expect(response.headers.get('content-type')).toContain('application/json')
  return view.strict().parse(await response.json()) as T
}

describe('every route', () => {
  test('that the OpenAPI document names answers in the shape it states', async () => {
    const { encoded, id } = signedTransfer(network, account(0), account(1))
    const response = await fetch(new URL('/v1/transactions', network.nodes[0]!.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ transactions: [toHex(encoded)] }),
    })
    expect(submissionView.strict().parse(await response.json())).toEqual({ results: [{ id: toHex(id) }] })
    await until('it is final', () => client().transaction(id))

    const { key } = await answerOf<{ key: string }>(`/v1/accounts/${account(0).address}`, accountView)
    const answers: Record<string, [string, z.ZodObject]> = {
      '/v1/transactions/{id}': [`/v1/transactions/${toHex(id)}`, transactionView],
      '/v1/accounts/{address}': [`/v1/accounts/${account(0).address}`, accountView],
      '/v1/state/{key}': [`/v1/state/${key}`, stateView],
      '/v1/blocks/{height}': ['/v1/blocks/latest', blockView],
      '/v1/commits/{height}': ['/v1/commits/1', commitView],
      '/v1/light-blocks/{height}': ['/v1/light-blocks/1', lightBlockView],
      '/v1/validator-changes/{height}': ['/v1/validator-changes/0', validatorChangesView],
      '/v1/query/{path}': [`/v1/query/account?data=${toHex(addressOf(account(0).keypair.publicKey))}`, queryView],
      '/v1/validators': ['/v1/validators', validatorsView],
      '/v1/chain': ['/v1/chain', chainView],
      '/v1/status': ['/v1/status', statusView],
      '/v1/peers': ['/v1/peers', peersView],
      '/v1/mempool': ['/v1/mempool', mempoolView],
      '/healthz': ['/healthz', healthView],
      '/readyz': ['/readyz', healthView],
    }
    for (const [path, view] of Object.values(answers)) await answerOf(path, view)
    const document = (await (await get('/openapi.json')).json()) as { openapi: string; paths: Record<string, unknown> }
    expect(document.openapi).toMatch(/^3\.1/)
    const elsewhere = ['/v1/transactions', '/v1/evidence', '/v1/events', '/metrics']
    const forEverybody = Object.keys(document.paths).filter((path) => !path.startsWith('/v1/operator/'))
    expect(new Set(forEverybody)).toEqual(new Set([...Object.keys(answers), ...elsewhere]))
  })

  test('says what the chain is, so that its id can be computed', async () => {
    const { chainId, spec } = await client().chain()
    expect(chainId).toBe(toHex(network.chain.chainId))
    expect(toHex(taggedHash('synod/chain-spec', new TextEncoder().encode(spec)))).toBe(chainId)
  })

  test('names four peers less one, protected by the hybrid group', async () => {
    const { peers } = await client().peers()
    expect(peers).toHaveLength(3)
    for (const { protection } of peers) expect(protection).toBe('tls1.3 X25519MLKEM768')
  })
})

describe('health', () => {
  test('is good while the node runs', async () => {
    for (const path of ['/healthz', '/readyz']) expect(await (await get(path)).json()).toEqual({ ok: true, reason: '' })
  })

  test('has figures for every metric of the catalogue', async () => {
    const response = await get('/metrics')
    expect(response.headers.get('content-type')).toContain('text/plain')
    const text = await response.text()
    for (const [name, { type }] of Object.entries(metrics)) expect(text).toContain(`# TYPE ${name} ${type}`)
    expect(Number(/^synod_consensus_height (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(0)
  })
})

describe('live events', () => {
  test('tell of each block once, in order, with its transactions', async () => {
    const abort = new AbortController()
    const { encoded, id } = signedTransfer(network, account(1), account(2))
    const blocks: (EventView & { type: 'block' })[] = []
    for await (const event of client().events(abort.signal)) {
      if (event.type !== 'block') continue
      if (blocks.length === 0) await client().submit([encoded])
      blocks.push(event)
      if (event.transactions.includes(toHex(id))) break
      expect(blocks.length).toBeLessThan(50)
    }
    abort.abort()
    const heights = blocks.map(({ height }) => height)
    expect(heights).toEqual(heights.map((_, index) => (heights[0] ?? 0) + index))
    const last = blocks.at(-1)!
    expect((await client().block(last.height))?.hash).toBe(last.hash)
  })
})

describe('a transaction that cannot be taken', () => {
  const withLastBitFlipped = (bytes: Uint8Array) => bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1)
  const malformed = new Uint8Array([1, 2, 3])

  test.each<[string, () => Uint8Array]>([
    [
      'TX_WRONG_CHAIN',
      () => signedTransfer(network, account(2), account(3), { chainId: taggedHash('synod/chain-spec') }).encoded,
    ],
    ['TX_UNDERPAID', () => signedTransfer(network, account(2), account(3), { fee: 1n }).encoded],
    ['TX_EXPIRED', () => signedTransfer(network, account(2), account(3), { expiryHeight: 0 }).encoded],
    ['TX_NONCE_GAP', () => signedTransfer(network, account(2), account(3), { nonce: 1_000_000 }).encoded],
    ['TX_INSUFFICIENT_BALANCE', () => signedTransfer(network, account(2), account(3), { fee: 10n ** 18n }).encoded],
    ['TX_SIGNATURE_INVALID', () => withLastBitFlipped(signedTransfer(network, account(2), account(3)).encoded)],
    ['TX_MALFORMED', () => malformed],
    ['TX_MALFORMED', () => signedTransfer(network, account(2), account(3)).encoded.slice(0, -1)],
    ['TX_TOO_LARGE', () => new Uint8Array(17_000)],
  ])('is refused with %s', async (code, make) => {
    const before = await heightOf(network.nodes[0]!)
    expect(await client().submit([make()])).toEqual([{ code, detail: expect.any(String) }])
    await reaches(network.nodes[0]!, before + 1)
  })

  test('because it is a replay is refused while it waits and once it is final', async () => {
    const { encoded, id } = signedTransfer(network, account(3), account(0))
    expect(await client().submit([encoded, encoded])).toEqual([
      { id: toHex(id) },
      { code: 'TX_KNOWN', detail: expect.any(String) },
    ])
    await until('it is final', () => client().transaction(id))
    const [again] = await client().submit([encoded])
    expect(again).toMatchObject({ code: expect.stringMatching(/^TX_(KNOWN|NONCE_TOO_LOW)$/) })
    expect(await client().account(account(3).address)).toMatchObject({ nonce: 1 })
  })

  test('does not keep its neighbours in the batch from being taken', async () => {
    const good = signedTransfer(network, account(2), account(3))
    const body = encode(batchSchema, { transactions: [malformed, good.encoded] })
    const headers = { 'content-type': 'application/octet-stream' }
    const response = await fetch(new URL('/v1/transactions', network.nodes[0]!.url), { method: 'POST', headers, body })
    expect(await response.json()).toEqual({
      results: [{ code: 'TX_MALFORMED', detail: expect.any(String) }, { id: toHex(good.id) }],
    })
    await until('it is final', () => client().transaction(good.id))
  })
})
