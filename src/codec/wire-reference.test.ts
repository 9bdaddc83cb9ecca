import { expect, test } from 'vitest'
import { describe } from './describe.ts'
import { bool, bytes, documented, list, literal, optional, sizeMax, struct, text, u64, uint, variant } from './schema.ts'
import { renderWireReference } from './wire-reference.ts'

const coin = struct('Coin', { amount: documented(u64(), 'Base units.'), memo: text({ max: 9 }) })
const purse = variant('Purse', {
  empty: { tag: 0, schema: documented(struct('Empty', {}), 'Nothing in it.') },
  full: { tag: 1, schema: struct('Full', { coins: list(coin, { min: 1, max: 3 }), seal: optional(bytes({ length: 2 })) }) },
})
const wallet = struct('Wallet', {
  version: literal(1),
  purse,
  open: bool(),
  count: uint({ max: 7 }),
  key: bytes({ min: 1, max: 4 }),
})

test('a description names all that the wire depends on, and nothing else', () => {
  const purseText = 'Purse<0:empty{}|1:full{coins:list(Coin{amount:u64,memo:text(..9)},1..3),seal:bytes(2)?}>'
  expect(describe(wallet)).toBe(`Wallet{version:1,purse:${purseText},open:bool,count:uint(..7),key:bytes(1..4)}`)
  expect(describe(documented(wallet, 'Holds a purse.'))).toBe(describe(wallet))
  expect(describe(uint())).toBe('uint')
})

test('a size bound is that of the longest value', () => {
  expect(sizeMax(uint({ max: 255 }))).toBe(2)
  expect([31, 32, 255, 256, 65_535, 65_536].map((max) => sizeMax(text({ max })) - max)).toStrictEqual([1, 2, 2, 3, 3, 5])
  expect([255, 256, 65_535, 65_536].map((max) => sizeMax(bytes({ max })) - max)).toStrictEqual([2, 3, 3, 5])
  expect([15, 16, 65_535, 65_536].map((max) => sizeMax(list(bool(), { max })) - max)).toStrictEqual([1, 3, 3, 5])
  expect(sizeMax(coin)).toBe(1 + 9 + 10)
  expect(sizeMax(purse)).toBe(1 + 1 + (1 + 3 * 20) + 4)
  expect(sizeMax(list(bool(), { max: 16 }))).toBe(3 + 16)
})

test('the reference has each message once, with what schemas and sources say of it', () => {
  const comments = new Map([
    ['Wallet', 'Holds a purse.'],
    ['Wallet.open', 'Whether one | may take.'],
    ['Purse.full', 'Something in it.'],
  ])
  expect(renderWireReference([wallet, coin, list(purse, { max: 2 })], comments)).toBe(`### Wallet

Holds a purse.

Encoded size: 9 to 77 bytes.

| # | field | type | meaning |
|---|---|---|---|
| 0 | \`version\` | 1 |  |
| 1 | \`purse\` | [Purse](#purse) |  |
| 2 | \`open\` | bool | Whether one \\| may take. |
| 3 | \`count\` | uint(..7) |  |
| 4 | \`key\` | bytes(1..4) |  |

### Purse

Encoded size: 2 to 67 bytes.

**\`empty\`**, tag 0: Nothing in it.

**\`full\`**, tag 1: Something in it.

| # | field | type | meaning |
|---|---|---|---|
| 1 | \`coins\` | list of 1 to 3 × [Coin](#coin) |  |
| 2 | \`seal\` | bytes(2) or nil |  |

### Coin

Encoded size: 3 to 20 bytes.

| # | field | type | meaning |
|---|---|---|---|
| 0 | \`amount\` | u64 | Base units. |
| 1 | \`memo\` | text(..9) |  |
`)
})

test('a name stands for one format', () => {
  expect(() => renderWireReference([coin, struct('Coin', {})], new Map())).toThrow('two wire formats are called Coin')
})
