import { createClient } from '../../client/client.ts'
import { fromHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { apiAddress } from '../frame/api-address.ts'
import { askNode } from '../frame/ask-node.ts'
import { answerProven, proveTransaction } from './proven-transaction.ts'
import { type ChainQuestion, trustedChain } from './trusted-chain.ts'

export async function runTxShow({ options, console, ...invocation }: ChainQuestion): Promise<number> {
  const id = fromHex(invocation.arguments[0] ?? '')
  if (id?.length !== 32) throw new OperationalError('USAGE_INVALID', 'A transaction’s id is 32 bytes in hexadecimal.')
  const { trust } = await trustedChain(options, console)
  const url = await apiAddress(options, console)
  const client = createClient(url)
  return askNode(url, async () => {
    const view = await client.transaction(id)
    if (!view) throw new OperationalError('API_REFUSED', 'No final block holds this transaction.', { where: url })
    return answerProven(await proveTransaction(client, id, view, trust), options.json, console)
  })
}
