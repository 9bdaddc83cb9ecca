import { describe, expect, it } from 'vitest'
import { naturalWidth, printable, table } from './table.ts'

const columns = [
  { title: 'name', cutTo: 4 },
  { title: 'n', align: 'right' as const },
  { title: 'why', cutTo: 6 },
]
const rows = [
  ['a rather long name', '7', 'because'],
  ['b', '1200', ''],
]

describe('a table', () => {
  it('aligns what is under each title', () => {
    expect(table(columns, rows, 80)).toEqual([
      'name                   n  why',
      'a rather long name     7  because',
      'b                   1200',
    ])
    expect(naturalWidth(columns, rows)).toBe(33)
  })

  it('cuts the widest that may be cut until it fits, and no further than they may be', () => {
    expect(table(columns, rows, 24)).toEqual(['name          n  why', 'a rather…     7  because', 'b          1200'])
    const narrow = table(columns, rows, 5)
    expect(narrow[1]).toBe('a r…     7  becau…')
    expect(table([{ title: 'never' }], [['uncut text']], 3)).toEqual(['never', 'uncut text'])
  })

  it('lets nobody draw on the terminal', () => {
    expect(printable('\u001b[2Jred\u202e\n\u0007')).toBe('·[2Jred···')
    expect(table([{ title: 't' }], [['\u001b[31m']], 80)[1]).toBe('·[31m')
  })
})
