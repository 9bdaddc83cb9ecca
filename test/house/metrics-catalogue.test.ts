import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type MetricEntry, metrics, seederMetrics } from '../../src/engine/metrics-catalogue.ts'

const root = join(import.meta.dirname, '../..')
const entries = Object.entries<MetricEntry>({ ...metrics, ...seederMetrics })

const production = globSync('src/**/*.ts', { cwd: root })
  .filter((path) => !/\.(test|contract)\.ts$/.test(path) && !path.endsWith('metrics-catalogue.ts'))
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n')

describe('metrics catalogue', () => {
  test.each(entries)('%s ends in its unit and is told in a sentence', (name, { type, help, labels }) => {
    expect(name).toMatch(/^synod(_[a-z0-9]+)+$/)
    expect(name.endsWith('_total')).toBe(type === 'counter')
    if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/)
    expect(help).toMatch(/^[A-Z].*\.$/)
    for (const label of labels ?? []) expect(['peer', 'height', 'hash', 'address']).not.toContain(label)
  })

  test('each is recorded somewhere', () => {
    expect(entries.map(([name]) => name).filter((name) => !production.includes(`'${name}'`))).toEqual([])
  })
})
