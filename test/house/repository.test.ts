import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** What is committed or about to be. Empty outside a git checkout, where the tests that need it say so and skip. */
const files = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .stdout.split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)))

interface LockedPackage {
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

describe('package-lock.json', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> }
  const installed = Object.entries(lock.packages).filter(([path, { link }]) => path.startsWith('node_modules/') && link !== true)

  test('names no place to download from, so that it installs from any registry', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
    expect(read('package-lock.json')).not.toMatch(/\.tgz|registry/)
    expect(read('.npmrc')).toContain('omit-lockfile-registry-resolved=true')
  })

  test('pins the content of every package by hash, but for binaries of other platforms', () => {
    const unpinned = installed.filter(
      ([, { integrity, optional, os }]) => integrity === undefined && !(optional && os !== undefined),
    )
    expect(unpinned.map(([path]) => path)).toEqual([])
  })

  // `npm ci` refuses a lockfile without them, even where they are not installed and the registry does not carry them.
  test('names the binaries of every platform', () => {
    const named = new Set(installed.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)))
    const optional = installed.flatMap(([, { optionalDependencies }]) => Object.keys(optionalDependencies ?? {}))
    expect(optional.filter((name) => !named.has(name))).toEqual([])
  })
})

describe('package.json', () => {
  const manifest = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies', Record<string, string>>

  test('pins every dependency exactly', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    expect(versions.filter(([, version]) => !/^(npm:(@[\w-]+\/)?[\w-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([])
  })
})

/** The character classes keep each pattern from finding itself. */
const unwanted: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a promise instead of code', /\b(T[O]DO|F[I]XME|X[X]X)\b/],
  ['the path of one machine', /(^|[^.\w])\/(w[o]rk|r[o]ot|h[o]me)\//m],
  ['the address of a package registry', /registry\.[n]pmjs|[n]pmmirror|pkg\.[g]ithub|regist[r]y\.yarnpkg/],
  ['a conflict left in place', /^(<{7}|>{7}) /m],
  ['the number of a ticket', /\b[i]ssue #?\d/i],
  ['who or what typed it', /\b([c]laude|[a]nthropic|[o]penai|[c]hatgpt|[c]opilot)\b/i],
  ['a test that runs alone', /\b(test|it|describe)\.[o]nly\(/],
]

describe.skipIf(files.length === 0)('the repository, which needs git to be listed,', () => {
  const text = files
    .filter((path) => !/\.(png|jpg|ico|woff2?|bin)$|(^|\/)package-lock\.json$/.test(path))
    .map((path) => [path, read(path)] as const)

  test.each(unwanted)('does not hold %s', (_what, pattern) => {
    expect(text.filter(([, content]) => pattern.test(content)).map(([path]) => path)).toEqual([])
  })

  test('carries no generated or local file', () => {
    expect(
      files.filter((path) => /^(node_modules|dist|coverage|docs\/reference)\/|\.log$|(^|\/)\.env$|\.pem$/.test(path)),
    ).toEqual([])
  })
})

/**
 * Files and functions past the limits of lint, by how many suppressions each may have. The list may only shrink: to add to it is to
 * say, in review, why this one cannot be divided.
 */
const oversize: Readonly<Record<string, number>> = {}

test('the list of oversize files and functions only shrinks', () => {
  const suppression = /biome-ignore(-all)? lint\/[a-z]+\/(noExcessiveLinesPerFile|noExcessiveLinesPerFunction)/g
  const found = files
    .filter((path) => path.startsWith('src/') && path.endsWith('.ts'))
    .map((path) => [path, read(path).match(suppression)?.length ?? 0] as const)
    .filter(([, count]) => count > 0)
  expect(Object.fromEntries(found)).toEqual(oversize)
})
