import { governanceSchema } from '../../application/ledger/records.ts'
import { createClient } from '../../client/client.ts'
import { decode } from '../../codec/codec.ts'
import { fromHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { aligned, answer } from '../frame/answer.ts'
import { apiAddress } from '../frame/api-address.ts'
import { askNode } from '../frame/ask-node.ts'
import type { Console } from '../frame/command.ts'

/** Asks a node what is being voted on. */
export async function runProposals({
  options,
  console,
}: {
  readonly console: Console
  readonly options: { readonly home: string | undefined; readonly api: string | undefined; readonly json: boolean }
}): Promise<number> {
  const url = await apiAddress(options, console)
  return askNode(url, async () => {
    const { height, data } = await createClient(url).query('governance')
    const governance = decode(governanceSchema, fromHex(data) ?? new Uint8Array(0))
    if (!governance.ok) throw new OperationalError('API_REFUSED', 'The node answered with what is no record.', { where: url })
    const { open, changed } = governance.value
    const rows = [
      ...open.map(
        ({ proposal, name, value, ends }) => [`proposal ${proposal}`, `${name} = ${value}, until block ${ends}`] as const,
      ),
      ...changed.map(({ name, value }) => ['changed', `${name} = ${value}`] as const),
    ]
    const lines = rows.length > 0 ? aligned(rows) : ['Nothing is being voted on, and no vote has changed anything.']
    answer(console, options.json, { height, open, changed }, lines)
    return 0
  })
}
