/**
 * On which line of a TOML text each key stands. The parser tells values only, so this walks over the same text again; the text has
 * been parsed, so it is known to be well-formed. Keys inside an inline table stand on the line of the key that holds the table.
 */
export type SettingPath = readonly PropertyKey[]

/** The line of a path, or of the nearest thing around it that has one; 1 when nothing does. */
export type LineOf = (path: SettingPath) => number

export function tomlLines(text: string): LineOf {
  const lines = new Map<string, number>()
  const counts = new Map<string, number>()
  const cursor = { text, offset: 0, line: 1 }
  let table: SettingPath = []
  while (skipBlank(cursor)) {
    const { line } = cursor
    if (text[cursor.offset] === '[') {
      table = readHeader(cursor, counts)
      for (const name of [nameOf(table.slice(0, -1)), nameOf(table)]) if (!lines.has(name)) lines.set(name, line)
    } else {
      const path = [...table, ...readKeys(cursor, '=')]
      for (let length = table.length + 1; length <= path.length; length++) {
        const name = nameOf(path.slice(0, length))
        if (!lines.has(name)) lines.set(name, line)
      }
      skipValue(cursor)
    }
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(nameOf(path.slice(0, length)))
      if (line !== undefined) return line
    }
    return 1
  }
}

interface Cursor {
  readonly text: string
  offset: number
  line: number
}

/** To the next key or header. False at the end of the text. */
function skipBlank(cursor: Cursor): boolean {
  const { text } = cursor
  while (cursor.offset < text.length) {
    const character = text[cursor.offset] as string
    if (character === '#') skipComment(cursor)
    else if (/\s/.test(character)) step(cursor)
    else return true
  }
  return false
}

/** `[a.b]`, or `[[a.b]]`, whose path ends in the element's index; so does every list of tables on the way. */
function readHeader(cursor: Cursor, counts: Map<string, number>): SettingPath {
  const isElement = cursor.text[cursor.offset + 1] === '['
  cursor.offset += isElement ? 2 : 1
  const keys = readKeys(cursor, ']')
  if (isElement) cursor.offset++
  const path: PropertyKey[] = []
  for (const [index, key] of keys.entries()) {
    path.push(key)
    const name = nameOf(path)
    if (isElement && index === keys.length - 1) counts.set(name, (counts.get(name) ?? 0) + 1)
    const count = counts.get(name)
    if (count !== undefined) path.push(count - 1)
  }
  return path
}

/** Dotted keys up to and past `end`. */
function readKeys(cursor: Cursor, end: string): string[] {
  const { text } = cursor
  const keys: string[] = []
  while (cursor.offset < text.length) {
    const character = text[cursor.offset] as string
    if (character === end) {
      cursor.offset++
      return keys
    }
    if (character === '"' || character === "'") {
      const start = cursor.offset
      skipString(cursor)
      const quoted = text.slice(start, cursor.offset)
      keys.push(character === '"' ? unquoted(quoted) : quoted.slice(1, -1))
    } else if (/[\s.]/.test(character)) step(cursor)
    else {
      const start = cursor.offset
      while (cursor.offset < text.length && !/[\s.\]=]/.test(text[cursor.offset] as string)) cursor.offset++
      keys.push(text.slice(start, cursor.offset))
    }
  }
  return keys
}

/** TOML has escapes that JSON has not; such a key keeps its text and merely finds no line. */
function unquoted(quoted: string): string {
  try {
    return String(JSON.parse(quoted))
  } catch {
    return quoted.slice(1, -1)
  }
}

/** To the end of the line on which the value ends. */
function skipValue(cursor: Cursor): void {
  const { text } = cursor
  let depth = 0
  while (cursor.offset < text.length) {
    const character = text[cursor.offset] as string
    if (character === '"' || character === "'") skipString(cursor)
    else if (character === '#') skipComment(cursor)
    else if (character === '\n' && depth === 0) return
    else {
      if (character === '[' || character === '{') depth++
      if (character === ']' || character === '}') depth--
      step(cursor)
    }
  }
}

function skipString(cursor: Cursor): void {
  const { text } = cursor
  const quote = text[cursor.offset] as string
  const triple = quote.repeat(3)
  const end = text.startsWith(triple, cursor.offset) ? triple : quote
  cursor.offset += end.length
  while (cursor.offset < text.length && !text.startsWith(end, cursor.offset)) {
    if (quote === '"' && text[cursor.offset] === '\\') step(cursor)
    step(cursor)
  }
  cursor.offset += end.length
  // A multi-line string may end in up to two quotes of its own.
  while (end === triple && text[cursor.offset] === quote) cursor.offset++
}

function skipComment(cursor: Cursor): void {
  while (cursor.offset < cursor.text.length && cursor.text[cursor.offset] !== '\n') cursor.offset++
}

function step(cursor: Cursor): void {
  if (cursor.text[cursor.offset] === '\n') cursor.line++
  cursor.offset++
}

function nameOf(path: SettingPath): string {
  return path.map(String).join('\u0000')
}
