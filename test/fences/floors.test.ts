import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root, runExecutable, type SeededTree, seededTree } from './seeded-tree.ts'

const depcruise = 'dependency-cruiser/bin/dependency-cruiser.mjs'

/** Each file breaks exactly the rules named beside it; those with none stand for what must stay allowed. */
const seeds: readonly (readonly [file: string, source: string, rules: readonly string[]])[] = [
  ['src/primitives/bytes.ts', 'export type Bytes = Uint8Array', []],
  ['src/codec/codec.ts', "export { gzipSync } from 'node:zlib'", []],
  ['src/crypto/hash.ts', "export { hash } from 'node:crypto'", []],
  ['src/ports/clock.ts', 'export interface Clock { now(): number }', []],
  ['src/sync/plan.ts', 'export const plan = 1', []],
  ['src/simulator/clock.ts', 'export const clock = 1', []],
  ['src/adapters/level/store.ts', "export { Level } from 'classic-level'", []],
  ['src/adapters/libp2p/host.ts', "export { createLibp2p } from 'libp2p'", []],
  [
    'src/engine/good.ts',
    "import { plan } from '../sync/plan.ts'\nimport type { Clock } from '../ports/clock.ts'\nexport const good = (clock: Clock) => [clock, plan]",
    [],
  ],
  [
    'src/consensus/good.test.ts',
    "import { readFileSync } from 'node:fs'\nimport { clock } from '../simulator/clock.ts'\nexport const good = [readFileSync, clock]",
    [],
  ],

  ['src/ports/clock.contract.ts', "import { expect } from 'vitest'\nexport const contract = expect", []],

  ['src/primitives/up.ts', "export { gzipSync } from '../codec/codec.ts'", ['floor-0-imports-down']],
  ['src/crypto/up.ts', "export { up } from '../chain/up.ts'", ['floor-1-imports-down']],
  ['src/chain/up.ts', "export { plan as up } from '../sync/plan.ts'", ['floor-2-imports-down']],
  [
    'src/peers/up.ts',
    "import type { Clock } from '../ports/clock.ts'\nexport const up = (clock: Clock) => clock",
    ['floor-3-imports-down'],
  ],
  ['src/ports/up.ts', "export { good } from '../engine/good.ts'", ['floor-4-imports-down']],
  ['src/engine/up.ts', "export { Level } from '../adapters/level/store.ts'", ['floor-5-imports-down']],
  ['src/adapters/file/up.ts', "export { config } from '../../node/config.ts'", ['floor-6-imports-down']],
  ['src/node/config.ts', "export const config = 1\nexport type { Route } from '../api/route.ts'", ['floor-7-imports-down']],
  ['src/api/route.ts', "export type Route = string\nexport { entry } from '../entry/synod.ts'", ['floor-8-imports-down']],
  ['src/entry/synod.ts', 'export const entry = 1', []],

  ['src/mempool/neighbour.ts', "export { plan } from '../sync/plan.ts'", ['floor-3-rooms-apart']],
  ['src/adapters/system/neighbour.ts', "export { clock } from '../../simulator/clock.ts'", ['floor-6-rooms-apart']],
  ['src/adapters/dns/neighbour.ts', "export { Level } from '../level/store.ts'", ['adapters-apart']],
  ['src/utilities/homeless.ts', "export type { Bytes } from '../primitives/bytes.ts'", ['known-rooms']],
  [
    'src/node/transport.ts',
    "import type { Libp2p } from 'libp2p'\nexport const transport = (host: Libp2p) => host",
    ['libp2p-in-its-adapter'],
  ],
  ['src/client/peer.ts', "export type { PeerId } from '@libp2p/interface'", ['libp2p-in-its-adapter']],
  ['src/api/address.ts', "export { multiaddr } from '@multiformats/multiaddr'", ['libp2p-in-its-adapter']],
  ['src/consensus/machine.ts', "export { setTimeout } from 'node:timers/promises'", ['no-machine-below-floor-6']],
  ['src/engine/machine.ts', "export { readFileSync } from 'node:fs'", ['no-machine-below-floor-6']],
  ['src/crypto/machine.ts', "export { readFileSync } from 'node:fs'", ['crypto-and-codec-compute-only']],
  ['src/consensus/package.ts', "export { z } from 'zod'", ['protocol-without-packages']],
  // A circle is reported once.
  ['src/client/circle-a.ts', "import { b } from './circle-b.ts'\nexport const a = (): unknown => b", ['no-circles']],
  ['src/client/circle-b.ts', "import { a } from './circle-a.ts'\nexport const b = (): unknown => a", []],
  ['src/node/tested.ts', "export { good } from '../consensus/good.test.ts'", ['no-tests-in-production']],
  ['src/node/contracted.ts', "export { contract } from '../ports/clock.contract.ts'", ['no-tests-in-production']],
  ['src/cli/development.ts', "export { fc } from 'fast-check'", ['no-development-packages']],
  ['src/cli/missing.ts', "export { nothing } from './nothing.ts'", ['resolvable']],
]

interface Cruise {
  readonly modules: readonly unknown[]
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[]
    readonly ruleSetUsed: { readonly forbidden: readonly { readonly name: string }[] }
  }
}

describe('floors and fences', () => {
  let tree: SeededTree
  let cruise: Cruise

  beforeAll(() => {
    tree = seededTree(Object.fromEntries(seeds.map(([file, source]) => [file, source])))
    cruise = JSON.parse(tree.run(depcruise, '--config', '.dependency-cruiser.js', '--output-type', 'json', 'src').stdout)
  }, 60_000)
  afterAll(() => tree.remove())

  test.each(seeds)('%s', (file, _source, rules) => {
    const reported = cruise.summary.violations.filter(({ from }) => from === file).map(({ rule }) => rule.name)
    expect([...new Set(reported)]).toEqual(rules)
  })

  test('a violation ends the tool with a failure', () => {
    expect(tree.run(depcruise, '--config', '.dependency-cruiser.js', 'src').status).not.toBe(0)
  })

  test('every rule has a seed that breaks it', () => {
    const rules = cruise.summary.ruleSetUsed.forbidden.map(({ name }) => name)
    expect(new Set(seeds.flatMap(([, , broken]) => broken))).toEqual(new Set(rules))
  })

  test('the tool reads the real tree', () => {
    const { stdout } = runExecutable(root, depcruise, ['--config', '.dependency-cruiser.js', '--output-type', 'json', 'src'])
    expect((JSON.parse(stdout) as Cruise).modules.length).toBeGreaterThan(20)
  })
})
