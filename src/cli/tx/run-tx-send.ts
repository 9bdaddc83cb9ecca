import { parseTokens } from '../../chain/amount.ts'
import type { ChainSpec } from '../../chain/chain-spec.ts'
import type { Operation } from '../../chain/transaction.ts'
import { decodeAddress } from '../../crypto/address.ts'
import { utf8 } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Console } from '../frame/command.ts'
import { type SigningOptions, sendOperation } from './send-operation.ts'
import { trustedChain } from './trusted-chain.ts'

interface SendOptions extends SigningOptions {
  readonly to: string
  readonly amount: string
  readonly memo: string | undefined
}

/** Builds, signs and submits a transfer. What can be wrong with it is said before the passphrase is asked for. */
export async function runTxSend({
  options,
  console,
}: {
  readonly options: SendOptions
  readonly console: Console
}): Promise<number> {
  const chain = await trustedChain(options, console)
  const operation = transferOf(options, chain.spec)
  return sendOperation({ options, console, chain, operationOf: async () => operation })
}

function transferOf({ to: text, amount: tokens, memo: note = '' }: SendOptions, spec: ChainSpec): Operation {
  if (spec.application.name !== 'ledger') {
    throw new OperationalError('USAGE_INVALID', `Transfers are the ledger’s, and this chain runs ${spec.application.name}.`)
  }
  const { address_prefix: prefix } = spec.chain
  const to = decodeAddress(prefix, text)
  if (!to.ok) {
    const why =
      to.error.code === 'ADDRESS_PREFIX' ? `belongs to another chain: here they begin with ${prefix}1` : 'is mistyped or cut off'
    throw new OperationalError('USAGE_INVALID', `The address after --to ${why}.`)
  }
  const amount = parseTokens(tokens)
  if (amount === undefined || amount === 0n)
    throw new OperationalError('USAGE_INVALID', 'After --amount stands an amount of tokens, such as 1500 or 0.25.')
  const memo = utf8(note)
  if (memo.length > 256) throw new OperationalError('USAGE_INVALID', `The memo has ${memo.length} bytes; the most is 256.`)
  return { type: 'transfer', to: to.value, amount, memo }
}
