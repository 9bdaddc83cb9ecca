/**
 * Writes the references that are generated from the sources, or with `--check` compares them with what is committed. A reference is
 * a pure function from its source of truth to text; add one to `references`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiReference } from './api-reference.ts'
import { cliReference } from './cli-reference.ts'
import { errorsReference } from './errors-reference.ts'
import { metricsReference } from './metrics-reference.ts'
import { chainJsonSchema, chainReference, nodeJsonSchema, nodeReference } from './settings-references.ts'
import { wireReference } from './wire-reference.ts'

const references: Readonly<Record<string, () => string>> = {
  'docs/chain-toml.md': chainReference,
  'docs/cli.md': cliReference,
  'docs/api.md': apiReference,
  'docs/errors.md': errorsReference,
  'docs/metrics.md': metricsReference,
  'docs/node-toml.md': nodeReference,
  'docs/schema/chain.schema.json': chainJsonSchema,
  'docs/schema/node.schema.json': nodeJsonSchema,
  'docs/spec/messages.md': wireReference,
}

const root = join(import.meta.dirname, '..')
const checking = process.argv.includes('--check')

for (const [path, render] of Object.entries(references)) {
  const expected = render()
  if (!checking) writeFileSync(join(root, path), expected)
  else if (read(path) !== expected) {
    console.error(`${path} does not follow its source. Run \`npm run docs\` and commit the result.`)
    process.exitCode = 1
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return undefined
  }
}
