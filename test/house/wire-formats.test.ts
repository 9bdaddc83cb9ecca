import { expect, test } from 'vitest'
import { exportedSchemas } from '../../scripts/exported-schemas.ts'
import { wirePin } from '../codec/wire-pin.ts'

const advice = `
A wire format changed, or one is new. Nodes that run the old one will refuse it, and data directories hold it: see "Changes" in
docs/spec/wire.md. If it is meant, run \`npx vitest run --project unit test/house/wire-formats.test.ts -u\` and commit the pins.
`

test('wire and storage formats are the pinned ones', async () => {
  const files = await exportedSchemas()
  const pins = files.flatMap(({ path, schemas }) => [...schemas].map(([name, schema]) => `${wirePin(schema)} ${path} ${name}\n`))
  expect(pins.length).toBeGreaterThan(20)
  await expect(pins.join(''), advice).toMatchFileSnapshot('wire-formats.txt')
})
