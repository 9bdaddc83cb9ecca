import { z } from 'zod'
import { assert } from '../primitives/assert.ts'

/** A file of settings as its schema describes it: tables of settings, some of which repeat. What templates and references are made of. */
export interface SettingTable {
  /** `consensus`; empty for what stands before the first table. */
  readonly name: string
  /** Written `[[name]]`, any number of times. */
  readonly repeated: boolean
  readonly description: string
  readonly settings: readonly Setting[]
}

export interface Setting {
  readonly key: string
  /** `consensus.interval_ms`; `validators[].power` in a table that repeats. */
  readonly path: string
  /** In words: `integer, 0 to 600000`. */
  readonly type: string
  readonly kind: SettingKind
  readonly required: boolean
  readonly defaultValue: unknown
  readonly description: string
}

/** What a text from the command line or the environment is read as. */
export type SettingKind = 'text' | 'integer' | 'boolean' | 'list' | 'text or integer'

interface JsonSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
}

/** The tables of a schema whose tables hold plain settings: two levels, which is all a person should have to look through. */
export function settingTables(schema: z.ZodType): readonly SettingTable[] {
  const { properties = {}, required = [] } = jsonSchemaOf(schema)
  const tables: SettingTable[] = []
  const loose: Setting[] = []
  for (const [name, property] of Object.entries(properties)) {
    const repeated = property.items?.properties !== undefined
    const table = repeated ? property.items : property
    if (!table?.properties) loose.push(setting('', name, property, required))
    else
      tables.push({
        name,
        repeated,
        description: property.description ?? '',
        settings: settingsOf(table, repeated ? `${name}[]` : name),
      })
  }
  return loose.length === 0 ? tables : [{ name: '', repeated: false, description: '', settings: loose }, ...tables]
}

/** Every path a file may set, for suggestions: `consensus.interval_ms`, `validators`, … */
export function settingPaths(schema: z.ZodType): readonly string[] {
  return settingTables(schema).flatMap(({ name, settings }) => [
    ...(name === '' ? [] : [name]),
    ...settings.map(({ path }) => path.replace('[]', '')),
  ])
}

/** JSON Schema of the file, for editors that complete and check while one types. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonSchema
}

function settingsOf(table: JsonSchema, prefix: string): readonly Setting[] {
  return Object.entries(table.properties ?? {}).map(([key, property]) => {
    assert(property.properties === undefined, `${prefix}.${key}: a table in a table`)
    return setting(`${prefix}.`, key, property, table.required ?? [])
  })
}

function setting(prefix: string, key: string, schema: JsonSchema, required: readonly string[]): Setting {
  return {
    key,
    path: prefix + key,
    type: typeInWords(schema),
    kind: kindOf(schema),
    required: required.includes(key) && schema.default === undefined,
    defaultValue: schema.default,
    description: schema.description ?? '',
  }
}

function kindOf(schema: JsonSchema): SettingKind {
  if (schema.anyOf) return 'text or integer'
  if (schema.type === 'array') return 'list'
  return schema.type === 'integer' || schema.type === 'boolean' ? schema.type : 'text'
}

function typeInWords(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ')
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeInWords))].join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? typeInWords(schema.items) : 'values'}`
  if (schema.type === 'string') return 'text'
  if (schema.type === 'boolean') return 'true or false'
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema
  if (minimum === Number.MIN_SAFE_INTEGER) return 'integer'
  return maximum === Number.MAX_SAFE_INTEGER ? `integer, at least ${minimum}` : `integer, ${minimum} to ${maximum}`
}
