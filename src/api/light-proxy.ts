import { type FastifyInstance, fastify } from 'fastify'
import { z } from 'zod'
import { batchSchema } from '../chain/batch.ts'
import { transactionId } from '../chain/block.ts'
import { type ChainSpec, canonicalChainSpec, chainIdOf } from '../chain/chain-spec.ts'
import { ClientError } from '../client/client-error.ts'
import type { ChainFollower } from '../client/follow-chain.ts'
import type { ReadClient } from '../client/peer-reads.ts'
import { createVerifiedReads } from '../client/verified-reads.ts'
import { evidenceRequest, submissionRequest } from '../client/views.ts'
import { decode } from '../codec/codec.ts'
import type { ConsistentBlock } from '../light/light-block.ts'
import type { LightFailure } from '../light/light-client.ts'
import { type Bytes, fromHex, toHex } from '../primitives/bytes.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Result } from '../primitives/result.ts'
import { ApiError, errorToView } from './api-error.ts'
import { commitToView, lightBlockToView } from './to-view.ts'

/**
 * The read API of a node, of which nothing has to be believed: every answer is proved against a header that the light client has
 * verified. What cannot be proved is not served. Transactions are passed on.
 */
export interface LightProxy {
  readonly url: string
  stop(): Promise<void>
}

export interface LightProxyOptions {
  /** Of whom what is to be proved is asked. */
  readonly client: ReadClient
  readonly follower: ChainFollower
  readonly spec: ChainSpec
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** The chain has forked: the answer to the request that found it, and to every later one, is that. */
  readonly onFork: (failure: LightFailure) => void
}

const bodyBytesMax = 2 << 20

/** Throws API_LISTEN_FAILED. */
export async function startLightProxy(options: LightProxyOptions): Promise<LightProxy> {
  const { host, port } = options
  const server = fastify({ bodyLimit: bodyBytesMax, forceCloseConnections: true, routerOptions: { maxParamLength: 512 } })
  server.removeContentTypeParser('text/plain')
  server.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  server.addHook('onSend', async (_request, reply) => void reply.header('access-control-allow-origin', '*'))
  server.setErrorHandler((error, _request, reply) => {
    const { status, code, message } = refusalOf(error)
    return reply.code(status).send(errorToView(code, message))
  })
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(errorToView('LIGHT_UNPROVABLE', 'this proxy serves what can be proved: ask a node of your own')),
  )
  addChain(server, options)
  addReads(server, options)
  try {
    await server.listen({ host, port })
  } catch (cause) {
    throw new OperationalError('API_LISTEN_FAILED', `The proxy cannot listen on ${host}:${port}.`, { cause })
  }
  const bound = server.server.address()
  const actual = typeof bound === 'object' && bound ? bound.port : port
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`, stop: () => server.close() }
}

/** What follows from the chain spec and from headers alone. */
function addChain(server: FastifyInstance, options: LightProxyOptions): void {
  const { follower, spec } = options
  const chain = {
    chainId: toHex(chainIdOf(spec)),
    name: spec.chain.name,
    addressPrefix: spec.chain.address_prefix,
    spec: canonicalChainSpec(spec),
  }
  const verified = async (height: number | 'latest'): Promise<ConsistentBlock> => proved(await follower.block(height), options)
  server.get('/v1/chain', async () => chain)
  server.get('/v1/light', async () => {
    const { header, hash } = await verified('latest')
    return { chainId: chain.chainId, height: header.height, blockHash: toHex(hash), blockTime: header.time }
  })
  server.get<ByHeight>('/v1/light-blocks/:height', async ({ params }) =>
    lightBlockToView((await verified(heightOf(params))).light),
  )
  server.get<ByHeight>('/v1/commits/:height', async ({ params }) => commitToView((await verified(heightOf(params))).commit))
  server.get('/v1/validators', async () => {
    const { header, next } = await verified('latest')
    const validators = next.validators.map(({ consensusKey, power }, index) => ({
      index,
      consensusKey: toHex(consensusKey),
      power: power.toString(),
    }))
    return { height: header.height + 1, totalPower: next.totalPower.toString(), validators }
  })
}

interface ByHeight {
  readonly Params: { readonly height: string }
}

/** What a node tells and proves. */
function addReads(server: FastifyInstance, options: LightProxyOptions): void {
  const { client, follower } = options
  const reads = createVerifiedReads(client, follower)
  server.get<ByHeight>('/v1/blocks/:height', async ({ params }) => proved(await reads.block(heightOf(params)), options))
  server.get<{ Params: { address: string } }>('/v1/accounts/:address', async ({ params }) =>
    proved(await reads.account(params.address), options),
  )
  server.get<{ Params: { key: string } }>('/v1/state/:key', async ({ params }) => {
    const key = fromHex(params.key)
    if (!key) throw new ApiError(400, 'API_MALFORMED', 'a key is hexadecimal')
    return proved(await reads.state(key), options)
  })
  server.get<{ Params: { id: string } }>('/v1/transactions/:id', async ({ params }) => {
    const found = proved(await reads.transaction(params.id), options)
    if (!found) throw new ApiError(404, 'API_NOT_FOUND', 'no final block holds this transaction, says the node')
    return found
  })
  // Good evidence is good whoever brings it: what the node says of it need not be believed.
  server.post('/v1/evidence', async ({ body }) => {
    const parsed = evidenceRequest.safeParse(body)
    if (!parsed.success) throw new ApiError(400, 'API_MALFORMED', z.prettifyError(parsed.error))
    return { results: await client.submitEvidence(parsed.data.evidence.flatMap((text) => fromHex(text) ?? [])) }
  })
  server.post('/v1/transactions', async ({ body }) => {
    const transactions = transactionsOf(body)
    const results = await client.submit(transactions)
    const honest = results.every((result, index) => !('id' in result) || result.id === idOf(transactions[index]))
    if (!honest || results.length !== transactions.length) throw new ApiError(502, 'PROOF_INVALID', 'the node answered of others')
    return { results }
  })
}

function idOf(transaction: Bytes | undefined): string | undefined {
  return transaction && toHex(transactionId(transaction))
}

function transactionsOf(body: unknown): readonly Bytes[] {
  if (body instanceof Uint8Array) {
    const batch = decode(batchSchema, new Uint8Array(body))
    if (batch.ok) return batch.value.transactions
    throw new ApiError(400, batch.error.code, batch.error.detail)
  }
  const parsed = submissionRequest.safeParse(body)
  if (parsed.success) return parsed.data.transactions.flatMap((text) => fromHex(text) ?? [])
  throw new ApiError(400, 'API_MALFORMED', z.prettifyError(parsed.error))
}

function heightOf({ height }: ByHeight['Params']): number | 'latest' {
  if (height === 'latest') return height
  if (!/^[0-9]{1,15}$/.test(height)) throw new ApiError(400, 'API_MALFORMED', 'a height is a whole number, or `latest`')
  return Number(height)
}

/** What cannot be proved now may be later, from another node; what is not there is not. */
function proved<T>(read: Result<T, LightFailure>, { onFork }: LightProxyOptions): T {
  if (read.ok) return read.value
  const { code, detail } = read.error
  if (code === 'LIGHT_FORK') onFork(read.error)
  throw new ApiError(code === 'LIGHT_NOT_HELD' ? 404 : code.startsWith('ADDRESS_') ? 400 : 502, code, detail)
}

function refusalOf(error: unknown): { readonly status: number; readonly code: RejectionCode; readonly message: string } {
  if (error instanceof ApiError) return error
  if (error instanceof ClientError) {
    const known = error.status >= 400 && error.status < 500
    return { status: known ? error.status : 502, code: error.code as RejectionCode, message: error.message }
  }
  return { status: 500, code: 'API_FAILED', message: 'the proxy failed to answer' }
}
