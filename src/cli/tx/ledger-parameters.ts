import { type LedgerParameters, ledgerParametersSchema } from '../../application/ledger/parameters.ts'
import { governanceSchema } from '../../application/ledger/records.ts'
import type { ChainSpec } from '../../chain/chain-spec.ts'
import type { Client } from '../../client/client.ts'
import { decode } from '../../codec/codec.ts'
import { fromHex } from '../../primitives/bytes.ts'

/** The ledger's parameters as they are: the chain spec's, but for what the node says that votes have changed. */
export async function currentLedgerParameters(client: Client, { application }: ChainSpec): Promise<LedgerParameters> {
  const { data } = await client.query('governance')
  const governance = decode(governanceSchema, fromHex(data) ?? new Uint8Array(0))
  const isOwn = ({ name }: { name: string }) => Object.hasOwn(ledgerParametersSchema.shape, name)
  const all = governance.ok ? governance.value.changed : []
  const changed = all.filter(isOwn).map(({ name, value }) => [name, value] as const)
  return ledgerParametersSchema.parse({ ...application.parameters, ...Object.fromEntries(changed) })
}
