import { describe, expect, it } from 'vitest'
import { parseToml } from './toml-document.ts'
import { tomlLines } from './toml-lines.ts'

const text = `# a remark
top = 1
[a]
"quoted key" = "x # no comment"
list = [
  1, # [not a table]
  2,
]
dotted.inner.deep = '''
[b]
fake = 1
'''
inline = { x = 1, y = { z = "}" } }

[[things]]
name = "first\\" ["
[things.sub]
k = 1
[[things]]
name = "second"
`

describe('lines', () => {
  const lineOf = tomlLines(text)
  it.each([
    [['top'], 2],
    [['a'], 3],
    [['a', 'quoted key'], 4],
    [['a', 'list'], 5],
    [['a', 'list', 1], 5],
    [['a', 'dotted', 'inner', 'deep'], 9],
    [['a', 'inline', 'y', 'z'], 13],
    [['things'], 15],
    [['things', 0, 'name'], 16],
    [['things', 0, 'sub', 'k'], 18],
    [['things', 1], 19],
    [['things', 1, 'name'], 20],
    [['things', 1, 'missing'], 19],
    [['nowhere'], 1],
  ])('%j stands on line %i', (path, line) => {
    expect(lineOf(path)).toBe(line)
  })
})

it('dates become texts and tables plain records', () => {
  const parsed = parseToml('a = 2026-01-31T12:00:00Z\n[b]\nc = true', 'x.toml')
  expect(parsed).toMatchObject({ ok: true, value: { values: { a: '2026-01-31T12:00:00.000Z', b: { c: true } } } })
})

it.each([
  ['a = ', 1],
  ['a = 1\nb = "open', 2],
  ['a = 1\n\na = 2', 3],
  ['constructor.x = 1', 1],
  [`a = ${'['.repeat(100)}${']'.repeat(100)}`, 1],
])('%j is refused on line %i', (source, line) => {
  expect(parseToml(source, 'x.toml')).toMatchObject({ ok: false, error: [{ code: 'CONFIG_SYNTAX', where: `x.toml:${line}` }] })
})
