import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SeededTree, seededTree } from './seeded-tree.ts'

const biome = '@biomejs/biome/bin/biome'
const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n')

/** Each file breaks exactly the rules named beside it; those with none stand for what must stay allowed. */
const seeds: readonly (readonly [file: string, source: string, rules: readonly string[]])[] = [
  ['src/consensus/allowed.ts', 'export const sorted = (list: number[]): number[] => list.sort((a, b) => a - b)', []],
  ['src/adapters/system/system-clock.ts', 'export const now = (): number => Date.now()', []],
  ['src/cli/print.ts', "export const print = (): void => console.log('status')", []],
  ['src/engine/clock.test.ts', 'export const started: number = Date.now()', []],
  ['src/entry/synod.ts', "export { now } from '../adapters/system/system-clock.ts'", []],

  ['src/consensus/date-now.ts', 'export const now = (): number => Date.now()', ['noRestrictedGlobals']],
  ['src/chain/new-date.ts', 'export const now = (): unknown => new Date()', ['noRestrictedGlobals']],
  ['src/engine/performance.ts', 'export const now = (): number => performance.now()', ['noRestrictedGlobals']],
  ['src/mempool/random.ts', 'export const chance = (): number => Math.random()', ['noJsRestrictedProperties']],
  ['src/engine/timeout.ts', 'export const later = (f: () => void): unknown => setTimeout(f, 1)', ['noRestrictedGlobals']],
  ['src/peers/interval.ts', 'export const often = (f: () => void): unknown => setInterval(f, 1)', ['noRestrictedGlobals']],
  ['src/sync/immediate.ts', 'export const soon = (f: () => void): unknown => setImmediate(f)', ['noRestrictedGlobals']],
  ['src/ports/microtask.ts', 'export const soon = (f: () => void): void => queueMicrotask(f)', ['noRestrictedGlobals']],
  ['src/engine/process.ts', 'export const host = (): unknown => process.pid', ['noRestrictedGlobals']],
  ['src/application/global.ts', 'export const host = (): unknown => globalThis', ['noRestrictedGlobals']],
  ['src/crypto/randomness.ts', 'export const id = (): string => crypto.randomUUID()', ['noRestrictedGlobals']],
  ['src/sync/fetch.ts', "export const page = (): unknown => fetch('http://localhost')", ['noRestrictedGlobals']],

  ['src/chain/sort.ts', 'export const sorted = (list: number[]): number[] => list.sort()', ['plugin']],
  ['src/node/to-sorted.ts', 'export const sorted = (list: number[]): number[] => list.toSorted()', ['plugin']],
  ['src/node/default-export.ts', 'export default 1', ['noDefaultExport']],
  ['src/node/barrel.ts', "export { now } from '../adapters/system/system-clock.ts'", ['noBarrelFile']],
  ['src/node/star.ts', "export * from '../adapters/system/system-clock.ts'", ['noBarrelFile', 'noReExportAll']],
  ['src/node/CamelCase.ts', 'export const one = 1', ['useFilenamingConvention']],
  ['src/engine/print.ts', "export const print = (): void => console.log('status')", ['noConsole']],
  ['src/node/long-file.ts', lines(401, (index) => `export const a${index} = 1`), ['noExcessiveLinesPerFile']],
  [
    'src/node/long-function.ts',
    `export function long(): void {\n${lines(71, () => '  void 0')}\n}`,
    ['noExcessiveLinesPerFunction'],
  ],
  ['src/node/any.ts', 'export const one: any = 1', ['noExplicitAny']],
  ['src/node/non-null.ts', 'export const first = (list: number[]): number => list[0]!', ['noNonNullAssertion']],
  ['src/node/extension.ts', "import { now } from '../adapters/system/system-clock.js'\n\nnow()", ['useImportExtensions']],
  ['src/node/format.ts', 'export const  one = "1";', ['format']],
]

interface Report {
  readonly diagnostics: readonly {
    readonly category: string
    readonly location: { readonly path: string | { readonly file: string } }
  }[]
}

describe('lint bans', () => {
  let tree: SeededTree
  let reported: Map<string, string[]>

  beforeAll(() => {
    tree = seededTree(Object.fromEntries(seeds.map(([file, source]) => [file, source])))
    const { stdout } = tree.run(biome, 'check', '--reporter=json', '--max-diagnostics=1000', 'src')
    reported = new Map()
    for (const { category, location } of (JSON.parse(stdout) as Report).diagnostics) {
      const path = typeof location.path === 'string' ? location.path : location.path.file
      const rule = category.split('/').at(-1) as string
      reported.set(
        path,
        [...new Set([...(reported.get(path) ?? []), rule])].sort((a, b) => a.localeCompare(b)),
      )
    }
  }, 60_000)
  afterAll(() => tree.remove())

  test.each(seeds)('%s', (file, _source, rules) => {
    expect(reported.get(file) ?? []).toEqual(rules)
  })
})
