import { expect, it } from 'vitest'
import { z } from 'zod'
import { renderSettingsReference } from './render-settings-reference.ts'
import { renderTemplate } from './render-template.ts'
import { settingPaths } from './setting-list.ts'
import { parseToml } from './toml-document.ts'

const schema = z.strictObject({
  p2p: z
    .strictObject({
      peers: z.array(z.string()).default([]).describe('Whom to know.'),
      level: z.enum(['low', 'high']).default('low').describe('How | loud.'),
      count: z.int().min(1).max(9).default(3).describe('How many.'),
      name: z.string().describe('Which.'),
    })
    .describe('The network.'),
  things: z
    .array(z.strictObject({ key: z.string().describe('Its key.') }))
    .default([])
    .describe('Things.'),
})

it('a template sets what is given, and shows the defaults of the rest', () => {
  const text = renderTemplate(schema, {
    head: 'A head.',
    values: { p2p: { name: 'a "b"\n', peers: ['x', 'y'] }, things: [{ key: 'k' }] },
  })
  expect(text).toMatchInlineSnapshot(`
    "# A head.

    # The network.
    [p2p]
    # Whom to know. (list of text)
    peers = ["x", "y"]
    # How | loud. ("low" or "high")
    # level = "low"
    # How many. (integer, 1 to 9)
    # count = 3
    # Which. (text, required)
    name = "a \\"b\\"\\n"

    # Things.
    # key: Its key.

    [[things]]
    key = "k"
    "
  `)
  const parsed = parseToml(text, 'x')
  expect(parsed).toMatchObject({
    ok: true,
    value: { values: { p2p: { name: 'a "b"\n', peers: ['x', 'y'] }, things: [{ key: 'k' }] } },
  })
})

it('a template whose remarks are removed has every default', () => {
  const text = renderTemplate(schema, { head: 'A head.', values: { p2p: { name: 'n' } } })
  const parsed = parseToml(text.replaceAll(/^# (\w+ = )/gm, '$1'), 'x')
  expect(parsed.ok && schema.parse(parsed.value.values)).toEqual(schema.parse({ p2p: { name: 'n' } }))
})

it('the reference has a row for every setting', () => {
  const page = renderSettingsReference(schema, { title: 'x.toml', intro: 'About.' })
  expect(page).toMatchInlineSnapshot(`
    "# x.toml

    About.

    ## \`[p2p]\`

    The network.

    | key | type | default | meaning |
    |---|---|---|---|
    | \`peers\` | list of text | \`[]\` | Whom to know. |
    | \`level\` | "low" or "high" | \`"low"\` | How \\| loud. |
    | \`count\` | integer, 1 to 9 | \`3\` | How many. |
    | \`name\` | text | *required* | Which. |

    ## \`[[things]]\`

    Things.

    | key | type | default | meaning |
    |---|---|---|---|
    | \`key\` | text | *required* | Its key. |
    "
  `)
})

it('paths are listed for suggestions', () => {
  expect(settingPaths(schema)).toEqual(['p2p', 'p2p.peers', 'p2p.level', 'p2p.count', 'p2p.name', 'things', 'things.key'])
})
