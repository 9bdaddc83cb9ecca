import { renderWireReference } from '../src/codec/wire-reference.ts'
import { exportedSchemas } from './exported-schemas.ts'
import { schemaComments } from './source-comments.ts'

const files = await exportedSchemas()

/** `docs/spec/messages.md`: the wire and storage formats of every room. */
export function wireReference(): string {
  const comments = new Map(files.flatMap(({ path, source }) => [...schemaComments(path, source)]))
  const schemas = files.flatMap((file) => [...file.schemas.values()])
  return `<!-- Generated from the schemas in src/ by \`npm run docs\`. -->

# Messages and records

Everything that nodes send, hash, sign or store, in the encoding of [wire.md](wire.md). A struct is an array of its fields in the order
given here; a variant is an array of its tag and the fields of the chosen case.

${renderWireReference(schemas, comments)}`
}
