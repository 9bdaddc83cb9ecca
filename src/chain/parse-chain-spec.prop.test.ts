import fc from 'fast-check'
import { it } from 'vitest'
import { parseChainSpec } from './parse-chain-spec.ts'

const keys = fc.constantFrom(
  'chain',
  'consensus',
  'limits',
  'application',
  'validators',
  'accounts',
  'ledger',
  'name',
  'power',
  '__proto__',
)
const atoms = fc.constantFrom('1', '-1', '1.5', '"x"', 'true', '[]', '{}', '2026-01-01', '[[1]]', '"ledger"', '999999999999')
const lines = fc.oneof(
  fc.tuple(keys, atoms).map(([key, value]) => `${key} = ${value}`),
  keys.map((key) => `[${key}]`),
  keys.map((key) => `[[${key}]]`),
)

it('no file crashes the reader; it is refused with a line, as none of these is whole', () => {
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 12 }), (text) => {
      const parsed = parseChainSpec(text.join('\n'), 'chain.toml')
      return !parsed.ok && parsed.error.length > 0 && parsed.error.every(({ where }) => /^chain\.toml:[0-9]+$/.test(where))
    }),
    { numRuns: 500 },
  )
})
