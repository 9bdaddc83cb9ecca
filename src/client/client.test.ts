import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { batchSchema } from '../chain/batch.ts'
import { decode } from '../codec/codec.ts'
import { type Client, createClient } from './client.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A client of a node that answers everything like this. */
async function clientOf(answer: (response: ServerResponse, request: IncomingMessage) => void): Promise<Client> {
  server = createServer((request, response) => answer(response, request)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return createClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

const json = (status: number, body: unknown) => (response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

describe('what a client throws', () => {
  it.each<[string, string, number, (response: ServerResponse) => void]>([
    ['a refusal in the API’s shape', 'API_BUSY', 503, json(503, { error: { code: 'API_BUSY', message: 'full', docs: '' } })],
    ['a refusal of another shape', 'API_FAILED', 502, json(502, { oops: true })],
    ['a refusal that is no JSON', 'API_FAILED', 500, (response) => void response.writeHead(500).end('<html>')],
    ['an answer of another shape', 'API_FAILED', 200, json(200, { transactions: 'many' })],
    ['an answer with a number that is none', 'API_FAILED', 200, json(200, { transactions: -1, bytes: 0, batches: 0 })],
    ['an answer that is no JSON', 'API_FAILED', 200, (response) => void response.end('[')],
    ['a connection that ends', 'API_UNREACHABLE', 0, (response) => void response.destroy()],
  ])('at %s is %s (%i)', async (_what, code, status, answer) => {
    const client = await clientOf(answer)
    await expect(client.mempool()).rejects.toMatchObject({ name: 'ClientError', code, status })
  })

  it('where nobody listens is API_UNREACHABLE', async () => {
    await expect(createClient('http://127.0.0.1:1').status()).rejects.toMatchObject({ code: 'API_UNREACHABLE', status: 0 })
  })
})

describe('a client', () => {
  it('takes 404 for not there, where a thing is looked for, and for an error elsewhere', async () => {
    const client = await clientOf(json(404, { error: { code: 'API_NOT_FOUND', message: '', docs: '' } }))
    expect(await client.block(7)).toBeUndefined()
    expect(await client.commit('latest')).toBeUndefined()
    expect(await client.transaction(new Uint8Array(32))).toBeUndefined()
    await expect(client.status()).rejects.toMatchObject({ code: 'API_NOT_FOUND' })
  })

  it('submits one encoded batch', async () => {
    let received: Buffer = Buffer.alloc(0)
    const id = 'ab'.repeat(32)
    const client = await clientOf((response, request) => {
      request.on('data', (part: Buffer) => (received = Buffer.concat([received, part])))
      request.on('end', () => json(200, { results: [{ id }, { code: 'TX_KNOWN', detail: '' }] })(response))
    })
    const transactions = [Uint8Array.of(1), Uint8Array.of(2, 3)]
    expect(await client.submit(transactions)).toEqual([{ id }, { code: 'TX_KNOWN', detail: '' }])
    expect(decode(batchSchema, new Uint8Array(received))).toEqual({ ok: true, value: { transactions } })
  })
})
