import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { operationalErrors, rejections } from '../../src/primitives/error-catalogue.ts'

const root = join(import.meta.dirname, '../..')
const codes = [...Object.keys(operationalErrors), ...Object.keys(rejections)]

const production = globSync(['src/**/*.ts', 'bin/*.js'], { cwd: root })
  .filter((path) => !/\.(test|contract)\.ts$/.test(path) && !path.endsWith('error-catalogue.ts'))
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n')

/** That nothing raises an unknown code is the types' part, that the text is current the gate's; these are the other directions. */
describe('error codes', () => {
  test('each is used: none outlives the code that raised it', () => {
    expect(codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(production))).toEqual([])
  })

  test('docs/errors.md has a section for each, and for nothing else', () => {
    const sections = readFileSync(join(root, 'docs/errors.md'), 'utf8').match(/(?<=^### ).+$/gm) ?? []
    expect(sections.toSorted((a, b) => a.localeCompare(b))).toEqual(codes.toSorted((a, b) => a.localeCompare(b)))
  })
})
