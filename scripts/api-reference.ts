import { z } from 'zod'
import { openApiDocument } from '../src/api/openapi.ts'
import { routes } from '../src/api/routes/all.ts'
import { eventView } from '../src/client/views.ts'

interface Operation {
  readonly summary: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description: string }[]
  readonly requestBody?: { readonly content: Content }
  readonly security?: readonly unknown[]
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}
type Content = Readonly<Record<string, { readonly schema?: unknown }>>

interface Shape {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly oneOf?: readonly Shape[]
  readonly enum?: readonly string[]
  readonly const?: string
  readonly pattern?: string
}

const head = `# HTTP API

What a node answers, on \`api.host\` and \`api.port\` of its \`node.toml\`. Reads are open to whoever reaches the
address, and nothing here changes the node but a valid transaction. What is under \`/v1/operator\` is for the node's operator: it takes
the token in the file \`operator-token\` of the node's home, as \`Authorization: Bearer <token>\`, and a token in a URL is refused. There are
no other passwords, and no encryption: open the address to a network on purpose only, and send the token over a tunnel. The same in OpenAPI 3.1, for tools, is at \`/openapi.json\` of a running node.

Byte strings are lower-case hexadecimal, amounts are decimal texts of base units (10⁹ a token), times are milliseconds since the Unix epoch. An
answer is worth what its proof is: \`synod/client\` fetches and verifies ([tutorial](tutorial.md#6-send-and-do-not-believe)).

A refusal has a status of 400 or above and the form \`{ "error": { "code", "message", "docs" } }\`; codes are in [errors.md](errors.md).`

/** `docs/api.md`, from the routes that the server registers. */
export function apiReference(): string {
  const { paths } = openApiDocument(routes, '') as { paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(`${method.toUpperCase()} ${path}`, operation)),
  )
  const parts = ['<!-- Generated from src/api by `npm run docs`. -->', head, ...operations, events()]
  return `${parts.join('\n\n')}\n`
}

function section(title: string, { summary, parameters = [], requestBody, security = [], responses }: Operation): string {
  const body = requestBody?.content['application/json']?.schema as Shape | undefined
  const answer = responses['200']?.content?.['application/json']?.schema as Shape | undefined
  return [
    `## ${title}`,
    summary,
    ...(security.length === 1
      ? ['Needs the operator token.']
      : security.length > 1
        ? ['Says more with the operator token.']
        : []),
    ...(parameters.length > 0
      ? [parameters.map(({ name, in: place, description }) => `- \`${name}\` (${place}): ${description}`).join('\n')]
      : []),
    ...(body ? [`Body:\n\n${block(body)}`] : []),
    ...(answer ? [`Answer:\n\n${block(answer)}`] : []),
  ].join('\n\n')
}

function events(): string {
  const shape = z.toJSONSchema(eventView) as Shape
  const shapes = (shape.oneOf ?? shape.anyOf ?? []).map(block)
  return [
    '## Live events',
    'Each server-sent event of `/v1/events` has its `type` as the event’s name, and one of these as data:',
    ...shapes,
  ].join('\n\n')
}

function block(shape: Shape): string {
  return `\`\`\`\n${render(shape, '')}\n\`\`\``
}

/** A JSON Schema as a person would note it down. */
function render(shape: Shape, indent: string): string {
  const cases = shape.anyOf ?? shape.oneOf
  if (cases) return cases.map((one) => render(one, indent)).join(' | ')
  if (shape.const !== undefined) return JSON.stringify(shape.const)
  if (shape.enum) return shape.enum.map((one) => JSON.stringify(one)).join(' | ')
  if (shape.items) return `[${render(shape.items, indent)}, …]`
  if (shape.properties) {
    const inner = `${indent}  `
    const lines = Object.entries(shape.properties).map(([name, part]) => `${inner}${name}: ${render(part, inner)}`)
    return `{\n${lines.join('\n')}\n${indent}}`
  }
  if (shape.type === 'string' && shape.pattern?.includes('a-f')) return 'hexadecimal'
  if (shape.type === 'string' && shape.pattern?.includes('0-9')) return 'decimal'
  return shape.type ?? 'anything'
}
