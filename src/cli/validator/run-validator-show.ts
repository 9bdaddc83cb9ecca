import { type LedgerValidator, ledgerValidatorSchema } from '../../application/ledger/records.ts'
import { formatTokens } from '../../chain/amount.ts'
import { createClient } from '../../client/client.ts'
import { decode } from '../../codec/codec.ts'
import { decodeAddress } from '../../crypto/address.ts'
import { fromHex, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { aligned, answer } from '../frame/answer.ts'
import { apiAddress } from '../frame/api-address.ts'
import { askNode } from '../frame/ask-node.ts'
import { type ChainQuestion, trustedChain } from '../tx/trusted-chain.ts'

/** Asks a node what the ledger holds of a validator, and shows it. */
export async function runValidatorShow({ options, console, ...invocation }: ChainQuestion): Promise<number> {
  const { spec } = await trustedChain(options, console)
  const operator = decodeAddress(spec.chain.address_prefix, invocation.arguments[0] ?? '')
  if (!operator.ok) {
    throw new OperationalError('USAGE_INVALID', `An operator’s address begins with ${spec.chain.address_prefix}1.`)
  }
  const url = await apiAddress(options, console)
  return askNode(url, async () => {
    const { height, data } = await createClient(url).query('validator', operator.value)
    const decoded = decode(ledgerValidatorSchema, fromHex(data) ?? new Uint8Array(0))
    if (data === '' || !decoded.ok) {
      throw new OperationalError('API_REFUSED', 'Nobody operates a validator at this address.', { where: url })
    }
    const shown = { height, ...viewOf(decoded.value) }
    const { unbonding, ...facts } = shown
    const rows = Object.entries(facts).map(([name, value]) => [name, String(value)] as const)
    const coming = unbonding.map(({ amount, free }) => ['unbonding', `${amount}, free after block ${free}`] as const)
    answer(console, options.json, shown, aligned([...rows, ...coming]))
    return 0
  })
}

/** Amounts in tokens. */
function viewOf({ consensusKey, keySince, stake, pool, jailed, jailedUntil, convicted, earned, unbonding }: LedgerValidator) {
  return {
    consensusKey: toHex(consensusKey),
    keySince,
    stake: formatTokens(stake),
    delegated: formatTokens(pool.tokens),
    commissionBasisPoints: pool.commission,
    earned: formatTokens(earned),
    jailed: jailed ? (convicted ? 'for ever' : `until ${jailedUntil}`) : 'no',
    unbonding: unbonding.map(({ amount, height }) => ({ amount: formatTokens(amount), free: height })),
  }
}
