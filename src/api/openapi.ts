import { z } from 'zod'
import { errorView, healthView } from '../client/views.ts'
import type { Route } from './route.ts'

/** The OpenAPI 3.1 document of these routes and of what stands beside them. */
export function openApiDocument(routes: readonly Route[], version: string): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = paths[route.path] ?? {}
    path[route.method.toLowerCase()] = operation(route)
    paths[route.path] = path
  }
  const plain = (summary: string, type: string) => ({
    get: { summary, responses: { 200: { description: 'OK', content: { [type]: {} } } } },
  })
  const health = (summary: string) => {
    const content = json(healthView)
    return { get: { summary, responses: { 200: { description: 'Yes', content }, 503: { description: 'No', content } } } }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Synod node', version, description: 'Submit transactions, read blocks and proven state, follow events.' },
    paths: {
      ...paths,
      '/v1/events': plain(
        'Live events as server-sent events: block, round, peer, evidence, fault; with the operator token also attack and ban.',
        'text/event-stream',
      ),
      '/healthz': health('Whether the node can go on.'),
      '/readyz': health('Whether the node has caught up and has peers.'),
      '/metrics': plain('Metrics in Prometheus’s text format.', 'text/plain'),
    },
    components: {
      securitySchemes: {
        operatorToken: { type: 'http', scheme: 'bearer', description: 'The file `operator-token` of the node’s home.' },
      },
    },
  }
}

function operation(route: Route): Readonly<Record<string, unknown>> {
  const describe = (place: 'path' | 'query', named: Route['parameters'] = {}) =>
    Object.entries(named).map(([name, { description, schema }]) => ({
      name,
      in: place,
      required: place === 'path',
      description,
      schema: jsonSchema(schema),
    }))
  const parameters = [...describe('path', route.parameters), ...describe('query', route.search)]
  const failure = { description: 'Refused, and why', content: json(errorView) }
  return {
    summary: route.summary,
    parameters,
    ...(route.operator && { security: [...(route.operator === 'told-more' ? [{}] : []), { operatorToken: [] }] }),
    ...(route.body && { requestBody: { required: true, content: { ...json(route.body), 'application/octet-stream': {} } } }),
    responses: { 200: { description: 'OK', content: json(route.answer) }, '4XX': failure },
  }
}

function json(schema: z.ZodType): Readonly<Record<string, unknown>> {
  return { 'application/json': { schema: jsonSchema(schema) } }
}

function jsonSchema(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, { target: 'draft-2020-12' })
}
