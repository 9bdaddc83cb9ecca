import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/**
 * Programs shown in the documentation are files that are compiled, linted and tested: a block of TypeScript equals
 * the file that the text before it links to.
 */
const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const pages = { 'README.md': '.', 'docs/tutorial.md': 'docs', 'docs/network-library.md': 'docs' }

test.each(Object.entries(pages))('%s shows programs as they are', (page, folder) => {
  const parts = read(page).split(/^```ts$/m)
  expect(parts.length).toBeGreaterThan(1)
  for (const [index, block] of parts.slice(1).entries()) {
    const file = [...(parts[index] ?? '').matchAll(/\]\((\S+?\.ts)\)/g)].at(-1)?.[1]
    expect(block.split(/^```$/m)[0]).toBe(`\n${read(join(folder, file ?? 'a link to the file is missing'))}`)
  }
})

test('a stranger reads the README on one screen', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(80)
})
