import type { Field, Schema } from './schema.ts'

/**
 * A schema as one line of text, the same for the same declaration: names, order, tags and limits, without documentation. Its hash
 * pins a wire format. Example: `Vote{kind:uint(..2),height:uint,round:uint(..1000000),blockHash:bytes(32)?}`.
 */
export function describe(schema: Schema<unknown>): string {
  const { shape } = schema
  switch (shape.kind) {
    case 'u64':
    case 'bool':
      return shape.kind
    case 'uint':
      return shape.max === Number.MAX_SAFE_INTEGER ? 'uint' : `uint(..${shape.max})`
    case 'literal':
      return `${shape.value}`
    case 'bytes':
      return `bytes(${shape.min === shape.max ? shape.max : `${shape.min}..${shape.max}`})`
    case 'text':
      return `text(..${shape.max})`
    case 'list':
      return `list(${describe(shape.item)},${shape.min}..${shape.max})`
    case 'optional':
      return `${describe(shape.inner)}?`
    case 'struct':
      return `${shape.name}${describeFields(shape.fields)}`
    case 'variant':
      return `${shape.name}<${shape.cases.map(({ name, tag, struct }) => `${tag}:${name}${describeFields(struct.fields)}`).join('|')}>`
  }
}

function describeFields(fields: readonly Field[]): string {
  return `{${fields.map(({ name, schema }) => `${name}:${describe(schema)}`).join(',')}}`
}
