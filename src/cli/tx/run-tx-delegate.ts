import { proveDelegation } from '../../chain/delegation.ts'
import { addressOf } from '../../crypto/address.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Console } from '../frame/command.ts'
import { type SigningOptions, sendOperation } from './send-operation.ts'
import { trustedChain } from './trusted-chain.ts'

interface DelegateOptions extends SigningOptions {
  /** Name of the key that is delegated. */
  readonly key: string
}

/** Delegates a network key: the machines that hold it speak for the stake of the account that signs. */
export async function runTxDelegate({
  options,
  console,
}: {
  readonly options: DelegateOptions
  readonly console: Console
}): Promise<number> {
  const chain = await trustedChain(options, console)
  const { name } = chain.spec.application
  if (name !== 'ledger')
    throw new OperationalError('USAGE_INVALID', `Network keys are delegated in the ledger, and this chain runs ${name}.`)
  if (options.key === options.from)
    throw new OperationalError('USAGE_INVALID', 'The network key lies on machines in the open: make one of its own.')
  return sendOperation({
    options,
    console,
    chain,
    async operationOf(sender, openKey) {
      const networkKey = await openKey(options.key)
      const possession = proveDelegation(networkKey, chain.trust.chainId, addressOf(sender.publicKey))
      return { type: 'delegate-network-key', networkKey: networkKey.publicKey, possession }
    },
  })
}
