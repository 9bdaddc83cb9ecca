import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const pages = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], { cwd: root }).filter(
  (path) => !/node_modules|docs\/reference/.test(path),
)
const read = (path: string) => readFileSync(join(root, path), 'utf8')

describe('documentation', () => {
  test.each(pages)('%s links only to what is there', (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, target]) => target as string)
    expect(targets.filter((target) => !resolves(page, target))).toEqual([])
  })

  test('every decision and every page of the specification is in its index', () => {
    const missing = ['docs/adr', 'docs/spec'].flatMap((folder) => {
      const index = read(`${folder}/README.md`)
      return readdirSync(join(root, folder)).filter((page) => page !== 'README.md' && !index.includes(`](${page})`))
    })
    expect(missing).toEqual([])
  })

  test('CONTRIBUTING.md names only files and scripts there are', () => {
    const text = read('CONTRIBUTING.md')
    const files = [...text.matchAll(/`((?:src|test|docs|scripts)\/[\w./-]+)`/g)].map(([, path]) => path as string)
    expect(files.filter((path) => !existsSync(join(root, path)) && !/test\/long|src\/cli\/commands/.test(path))).toEqual([])
    const scripts = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script as string)
    const { scripts: known } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    expect(scripts.filter((script) => !(script in known))).toEqual([])
  })
})

/** A link to a page, to a section of it, or to a section of this one. */
function resolves(page: string, target: string): boolean {
  const [path, anchor] = target.split('#', 2) as [string, string?]
  const linked = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, linked))) return false
  return anchor === undefined || anchors(linked).has(anchor)
}

function anchors(page: string): ReadonlySet<string> {
  const headings = read(page).match(/(?<=^#+ ).+$/gm) ?? []
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(/\s/g, '-'),
    ),
  )
}

describe('ARCHITECTURE.md', () => {
  const rows = [...read('ARCHITECTURE.md').matchAll(/^\| (\d) \| `src\/(\w+)(?:\/\*)?` \|/gm)]
  const drawn = new Map(rows.map(([, floor, room]) => [room as string, Number(floor)]))

  test('has a line for each room of src', () => {
    expect(readdirSync(join(root, 'src')).filter((room) => !drawn.has(room))).toEqual([])
  })

  test('puts each room on the floor that the fences know', async () => {
    const { floors } = (await import(join(root, '.dependency-cruiser.js'))) as { floors: readonly (readonly string[])[] }
    expect([...drawn].filter(([room, floor]) => !floors[floor]?.includes(room))).toEqual([])
  })
})
