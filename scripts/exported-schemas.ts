import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Schema } from '../src/codec/schema.ts'

/** Rooms in which messages and records are declared. */
const rooms = ['chain', 'peers', 'mempool', 'sync', 'light', 'consensus', 'application', 'engine']
const root = join(import.meta.dirname, '..')

export interface SchemaFile {
  readonly path: string
  readonly source: string
  /** By the name of the export, in the order of the names. */
  readonly schemas: ReadonlyMap<string, Schema<unknown>>
}

/** Files that export a schema, found rather than listed: a message that is declared is documented and pinned. */
export async function exportedSchemas(): Promise<SchemaFile[]> {
  const files: SchemaFile[] = []
  for (const path of rooms.flatMap(sourcesOf)) {
    const source = readFileSync(join(root, path), 'utf8')
    if (!/from '.*codec\/schema.ts'/.test(source)) continue
    const schemas = new Map<string, Schema<unknown>>()
    for (const [name, value] of Object.entries(await import(pathToFileURL(join(root, path)).href))) {
      if (name.endsWith('Schema') && isSchema(value)) schemas.set(name, value)
    }
    files.push({ path, source, schemas })
  }
  return files
}

/** Of the wire: what describes a configuration is a schema of another kind. */
function isSchema(value: unknown): value is Schema<unknown> {
  return typeof value === 'object' && value !== null && 'shape' in value && 'sizeMax' in value
}

function sourcesOf(room: string): string[] {
  return globSync(`src/${room}/**/*.ts`, { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.endsWith('.test.ts'))
    .sort((left, right) => (left < right ? -1 : 1))
}
