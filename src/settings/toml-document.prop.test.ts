import fc from 'fast-check'
import { it } from 'vitest'
import { parseToml } from './toml-document.ts'

/** Texts that look like TOML, and mostly are not. */
const fragments = fc.constantFrom(
  '[a]',
  '[[a]]',
  'a',
  '=',
  '"',
  "'",
  '"""',
  "'''",
  '\\',
  '{',
  '}',
  '[',
  ']',
  '.',
  ',',
  '#',
  '\n',
  ' ',
  '1',
  'true',
  'é',
  '\r\n',
  '\u0000',
)

it('no text crashes the reader, and every fault names its line', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fragments, { maxLength: 60 }).map((parts) => parts.join('')),
      ),
      (text) => {
        const parsed = parseToml(text, 'x.toml')
        if (parsed.ok) return parsed.value.lineOf(['a', 0, 'b']) >= 1
        return parsed.error.length > 0 && parsed.error.every(({ where }) => /^x\.toml:[0-9]+$/.test(where))
      },
    ),
    { numRuns: 2000 },
  )
})
