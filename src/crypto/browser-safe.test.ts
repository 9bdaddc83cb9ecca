import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const replacements = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { browser: Record<string, string> }).browser

/** Every module that a bundler for browsers would take in, after the replacements that package.json asks of it. */
function bundled(entry: string, seen = new Map<string, readonly string[]>()): Map<string, readonly string[]> {
  const file = join(root, replacements[`./${relative(root, entry)}`] ?? relative(root, entry))
  if (seen.has(file)) return seen
  const source = readFileSync(file, 'utf8')
  const imports = [...source.matchAll(/^(?:import|export)\s+(?!type\s)[^'"]*?from\s+'([^']+)'/gms)].map(
    (match) => match[1] as string,
  )
  seen.set(file, imports)
  for (const specifier of imports) if (specifier.startsWith('.')) bundled(join(dirname(file), specifier), seen)
  return seen
}

it('what a wallet or a light client needs has nothing native in a browser', () => {
  const needed = ['hash', 'merkle', 'ed25519', 'bls', 'address', 'verified', 'verified-certificates']
  const modules = new Map(needed.flatMap((name) => [...bundled(join(import.meta.dirname, `${name}.ts`))]))
  const packages = new Set([...modules.values()].flat().filter((specifier) => !specifier.startsWith('.')))
  expect([...packages].filter((name) => !/^@(noble|scure)\//.test(name))).toEqual([])
  const names = [...modules.keys()].map((file) => relative(import.meta.dirname, file))
  expect(names).toEqual(expect.arrayContaining(['sha256-browser.ts', 'ed25519-browser.ts', 'bls-browser.ts']))
  expect(names.filter((name) => name.endsWith('-native.ts'))).toEqual([])
})

it('every replacement stands in for a native file, in the sources and in the published package', () => {
  for (const [native, browser] of Object.entries(replacements)) {
    expect(browser).toBe(native.replace('-native.', '-browser.'))
    if (!native.startsWith('./src/')) continue
    expect(existsSync(join(root, native)) && existsSync(join(root, browser))).toBe(true)
    expect(replacements[native.replace('./src/', './dist/').replace(/\.ts$/, '.js')]).toBeDefined()
  }
})
