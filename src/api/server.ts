import type { Socket } from 'node:net'
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import type { HealthView } from '../client/views.ts'
import type { SynodNode } from '../engine/synod-node.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { ApiError, errorToView } from './api-error.ts'
import { operatorSubscribersKept, streamEvents, subscribersMax } from './event-stream.ts'
import { openApiDocument } from './openapi.ts'
import { createOperatorGate, type OperatorGate } from './operator-gate.ts'
import { createRequestDesk, type RequestDesk, type RequestLimits } from './request-desk.ts'
import type { Route } from './route.ts'
import { routes } from './routes/all.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The request has shown the operator token. */
    operator: boolean
  }
}

/**
 * The node's HTTP API. Reads are open to whoever reaches the address; nothing here can change the node but a valid transaction, and what
 * is asked under `/v1/operator` with the operator token.
 */
export interface ApiServer {
  /** Where it listens, e.g. `http://127.0.0.1:26610`. */
  readonly url: string
  stop(): Promise<void>
}

export interface ApiOptions {
  readonly node: SynodNode
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly version: string
  /** What the node's operator shows. */
  readonly operatorToken: string
  /** Hears what the API could not answer, and whom it did not let in. */
  readonly telemetry: Pick<Telemetry, 'log' | 'count'>
  readonly metrics: { readonly contentType: string; exposition(): Promise<string> }
  /** What the world may ask of it; without limits, whatever it likes. The operator may in any case. */
  readonly limits?: RequestLimits
  /** Whether the node has better things to do than to answer the world. */
  readonly isOverloaded?: () => boolean
}

const bodyBytesMax = 2 << 20
/** Whoever connects and says nothing, or says it very slowly, is let go; so many may at once. */
const connectionsMax = 4096
const headersTimeoutMs = 10_000
const requestTimeoutMs = 30_000
const loggedPathMax = 64
const eventsPath = '/v1/events'
/** Routes check what they are asked themselves. Unless it is given others, the server loads two compilers of JSON Schema. */
const withoutSchemas = { buildValidator: refuseSchemas, buildSerializer: refuseSchemas }

export async function startApi(options: ApiOptions): Promise<ApiServer> {
  const { node, host, port } = options
  const gate = createOperatorGate({ token: options.operatorToken, telemetry: options.telemetry })
  const answerError = errorAnswers(options.telemetry)
  const server = fastify({
    bodyLimit: bodyBytesMax,
    forceCloseConnections: true,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: headersTimeoutMs / 2 },
    routerOptions: { maxParamLength: 512 },
    schemaController: { compilersFactory: withoutSchemas },
    frameworkErrors: answerError,
    clientErrorHandler: answerNoHttp,
  })
  server.server.maxConnections = connectionsMax
  server.decorateRequest('operator', false)
  server.removeContentTypeParser('text/plain')
  server.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  // Pages of other origins may read what everybody may. What is the operator's they cannot even ask for: the header needs their consent.
  server.addHook('onSend', async (_request, reply) => void reply.header('access-control-allow-origin', '*'))
  server.setErrorHandler(answerError)
  server.setNotFoundHandler((_request, reply) => reply.code(404).send(errorToView('API_NOT_FOUND', 'the API has no such path')))
  const desk = options.limits && requestDesk(options.limits, options)
  if (desk) addDesk(server, desk, gate)
  for (const route of routes) addRoute(server, route, { node, gate })
  addBeside(server, options)
  const endStreams = addEvents(server, { node, gate, desk })
  try {
    await server.listen({ host, port })
  } catch (cause) {
    throw new OperationalError('API_LISTEN_FAILED', `The API cannot listen on ${host}:${port}.`, { cause })
  }
  const bound = server.server.address()
  const actual = typeof bound === 'object' && bound ? bound.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    async stop() {
      endStreams()
      await server.close()
    },
  }
}

/** Who may not ask is refused before anything is read of the request's body. */
function addRoute(server: FastifyInstance, route: Route, { node, gate }: { node: SynodNode; gate: OperatorGate }): void {
  server.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    onRequest: async (request) => {
      if (!route.operator) return
      const { authorization } = request.headers
      const search = request.query as Record<string, unknown>
      request.operator = gate.isOperator({ authorization, search, host: request.ip }, route.operator === 'alone')
    },
    handler: async (request) =>
      route.handle(node, {
        parameters: request.params as Record<string, string>,
        search: request.query as Record<string, string | undefined>,
        body: request.body,
        operator: request.operator,
      }),
  })
}

/** An operating fault passes or is the operator's to mend, so the client may come again; anything else unforeseen is a bug. */
function errorAnswers(telemetry: Pick<Telemetry, 'log'>) {
  return (error: unknown, { url }: { readonly url: string }, reply: FastifyReply): FastifyReply => {
    if (error instanceof ApiError) {
      if (error.status === 401) reply.header('www-authenticate', 'Bearer')
      if (error.status === 429 || error.status === 503) reply.header('retry-after', '1')
      return reply.code(error.status).send(errorToView(error.code, error.message))
    }
    const status = (error as { statusCode?: number }).statusCode ?? 500
    if (status < 500) return reply.code(status).send(errorToView('API_MALFORMED', error instanceof Error ? error.message : ''))
    if (error instanceof OperationalError) {
      telemetry.log('warn', 'the API could not answer', { code: error.code, error: error.message })
      return reply.code(503).send(errorToView(error.code, error.message))
    }
    telemetry.log('error', 'the API failed to answer', { path: pathOf(url).slice(0, loggedPathMax), error: String(error) })
    return reply.code(500).send(errorToView('API_FAILED', 'the node failed to answer; its log says why'))
  }
}

function refuseSchemas(): never {
  throw new Error('no route has a JSON schema')
}

/** Without the query: somebody may have put a secret there. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] as string
}

/** Bytes that are no HTTP, or come too slowly to be a request. */
function answerNoHttp(_error: unknown, socket: Socket): void {
  if (!socket.writable) return void socket.destroy()
  const body = JSON.stringify(errorToView('API_MALFORMED', 'this is no HTTP request, or comes too slowly'))
  const head = [
    'HTTP/1.1 400 Bad Request',
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** Health, readiness, metrics and the description of it all. */
function addBeside(server: FastifyInstance, { node, metrics, version }: ApiOptions): void {
  const document = openApiDocument(routes, version)
  const answer = (reply: FastifyReply, reason: string): FastifyReply => {
    const view: HealthView = { ok: reason === '', reason }
    return reply.code(view.ok ? 200 : 503).send(view)
  }
  server.get('/openapi.json', async () => document)
  server.get('/healthz', (_request, reply) => answer(reply, node.status().fault ?? ''))
  server.get('/readyz', (_request, reply) => answer(reply, whyNotReady(node)))
  server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.exposition()))
}

function whyNotReady(node: SynodNode): string {
  const { mode, fault } = node.status()
  if (fault !== undefined) return fault
  if (mode !== 'consensus') return 'catching up with the chain'
  const alone = node.validators().validators.length === 1
  return node.peers().length === 0 && !alone ? 'no peers' : ''
}

function requestDesk(limits: RequestLimits, { isOverloaded = () => false }: ApiOptions): RequestDesk {
  return createRequestDesk({ limits, isOverloaded, now: () => performance.now() })
}

/** Who looks after the node is answered as long as it can answer. */
const unlimitedPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics', eventsPath])

function addDesk(server: FastifyInstance, desk: RequestDesk, gate: OperatorGate): void {
  server.addHook('onRequest', async (request, reply) => {
    if (unlimitedPaths.has(pathOf(request.url)) || gate.knows(request.headers.authorization)) return
    reply.raw.once('close', desk.admit(request.ip))
  })
}

function addEvents(
  server: FastifyInstance,
  { node, gate, desk }: { node: SynodNode; gate: OperatorGate; desk: RequestDesk | undefined },
): () => void {
  const streams = new Set<() => void>()
  server.get(eventsPath, (request, reply) => {
    const { authorization } = request.headers
    const search = request.query as Record<string, unknown>
    const operator = gate.isOperator({ authorization, search, host: request.ip }, false)
    if (streams.size >= subscribersMax - (operator ? 0 : operatorSubscribersKept))
      throw new ApiError(503, 'API_BUSY', 'too many subscribers')
    const leave = operator ? undefined : desk?.admitStream(request.ip)
    reply.hijack()
    const onEnd = () => {
      streams.delete(end)
      leave?.()
    }
    const end = streamEvents(node, reply.raw, { operator, onEnd })
    streams.add(end)
  })
  return () => {
    for (const end of streams) end()
  }
}
