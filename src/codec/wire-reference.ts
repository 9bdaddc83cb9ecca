import { assert } from '../primitives/assert.ts'
import { describe } from './describe.ts'
import { type Field, nameOf, type Schema, type StructShape, type VariantShape } from './schema.ts'

/** What stands in the sources about `Message`, `Message.field` and `Message.case`, for schemas that carry no documentation of their own. */
export type Comments = ReadonlyMap<string, string>

/**
 * Markdown for every struct and variant among the schemas and inside them, each once, in the order in which they are met: its
 * elements on the wire, their limits and meaning, and its size in bytes. Asserts that a name stands for one format only.
 */
export function renderWireReference(schemas: readonly Schema<unknown>[], comments: Comments): string {
  const rendered = new Map<string, string>()
  const sections: string[] = []
  const waiting = [...schemas]
  for (let schema = waiting.shift(); schema !== undefined; schema = waiting.shift()) {
    const { shape } = schema
    if (shape.kind === 'struct' || shape.kind === 'variant') {
      const description = describe(schema)
      const known = rendered.get(shape.name)
      assert(known === undefined || known === description, `two wire formats are called ${shape.name}`)
      if (known === undefined) sections.push(section(schema, shape, comments))
      rendered.set(shape.name, description)
      if (known !== undefined) continue
    }
    waiting.unshift(...innerSchemas(schema))
  }
  return sections.join('\n')
}

function innerSchemas({ shape }: Schema<unknown>): Schema<unknown>[] {
  switch (shape.kind) {
    case 'list':
      return [shape.item]
    case 'optional':
      return [shape.inner]
    case 'struct':
      return shape.fields.map((field) => field.schema)
    case 'variant':
      return shape.cases.flatMap((each) => each.struct.fields.map((field) => field.schema))
    default:
      return []
  }
}

function section(schema: Schema<unknown>, shape: StructShape | VariantShape, comments: Comments): string {
  const meaning = schema.documentation || comments.get(shape.name)
  const size = schema.sizeMin === schema.sizeMax ? `${schema.sizeMax}` : `${schema.sizeMin} to ${schema.sizeMax}`
  const lines = [`### ${shape.name}`, '', ...(meaning ? [meaning, ''] : []), `Encoded size: ${size} bytes.`, '']
  if (shape.kind === 'struct') return [...lines, ...fieldTable(shape, 0, comments), ''].join('\n')
  for (const { name, tag, struct, documentation } of shape.cases) {
    const caseMeaning = documentation || (comments.get(`${shape.name}.${name}`) ?? comments.get(struct.name))
    lines.push(`**\`${name}\`**, tag ${tag}${caseMeaning ? `: ${caseMeaning}` : ''}`, '')
    if (struct.fields.length > 0) lines.push(...fieldTable(struct, 1, comments), '')
  }
  return lines.join('\n')
}

/** @param first the index of the first field in the array on the wire. */
function fieldTable(shape: StructShape, first: number, comments: Comments): string[] {
  const row = ({ name, schema }: Field, index: number) => {
    const meaning = schema.documentation || (comments.get(`${shape.name}.${name}`) ?? '')
    return `| ${first + index} | \`${name}\` | ${wireType(schema)} | ${meaning.replaceAll('|', '\\|')} |`
  }
  return ['| # | field | type | meaning |', '|---|---|---|---|', ...shape.fields.map(row)]
}

function wireType(schema: Schema<unknown>): string {
  const { shape } = schema
  switch (shape.kind) {
    case 'struct':
    case 'variant':
      return `[${nameOf(schema)}](#${nameOf(schema).toLowerCase()})`
    case 'list':
      return `list of ${shape.min} to ${shape.max} × ${wireType(shape.item)}`
    case 'optional':
      return `${wireType(shape.inner)} or nil`
    default:
      return describe(schema)
  }
}
