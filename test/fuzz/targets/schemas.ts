/** Every message and record that is declared, found rather than listed: a new one is fuzzed from the day it exists. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import type { exportedSchemas as ExportedSchemas } from '../../../scripts/exported-schemas.ts'
import type { decode as Decode, encode as Encode } from '../../../src/codec/codec.ts'
import type { Schema } from '../../../src/codec/schema.ts'
import { arbitraryValue } from '../../codec/arbitrary-schema.ts'
import type { Target } from '../fuzz.ts'

const root = join(import.meta.dirname, '../../..')
const load = (path: string) => import(pathToFileURL(join(root, path)).href)

/** Longer frames only repeat their lists. */
const frameBytesMax = 4096
const seedsPerSchema = 24

export async function schemaTargets(seed: number): Promise<Target[]> {
  const { decode, encode } = (await load('src/codec/codec.ts')) as { decode: typeof Decode; encode: typeof Encode }
  const { exportedSchemas } = (await load('scripts/exported-schemas.ts')) as { exportedSchemas: typeof ExportedSchemas }

  function target(name: string, schema: Schema<unknown>): Target {
    const values = fc.sample(arbitraryValue(schema), { numRuns: seedsPerSchema, seed })
    return {
      name,
      bytesMax: Math.min(schema.sizeMax + 8, frameBytesMax),
      seeds: values.map((value) => encode(schema, value)).filter(({ length }) => length <= frameBytesMax),
      run(frame) {
        const decoded = decode(schema, frame)
        if (decoded.ok && !Buffer.from(encode(schema, decoded.value)).equals(frame)) {
          throw new Error('it was accepted, and encodes to other bytes')
        }
      },
    }
  }

  const files = await exportedSchemas()
  return files.flatMap(({ schemas }) => [...schemas].map(([name, schema]) => target(name.replace(/Schema$/, ''), schema)))
}
