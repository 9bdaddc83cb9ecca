import { chainIdOf } from '../chain/chain-spec.ts'
import { parseChainSpec } from '../chain/parse-chain-spec.ts'
import { validatorSet } from '../chain/validator-set.ts'
import { ClientError } from './client-error.ts'
import type { Trust } from './follow-chain.ts'

/**
 * What the text of a `chain.toml` asks to be trusted: the chain's id, the validators it begins with, and when. Get the file from somebody
 * you trust, not from the node you are about to check. Throws `ClientError`.
 */
export function readTrust(chainToml: string): Trust {
  const spec = parseChainSpec(chainToml, 'chain.toml')
  if (spec.ok)
    return {
      chainId: chainIdOf(spec.value),
      validators: validatorSet(spec.value.validators),
      genesisTime: spec.value.chain.genesis_time,
    }
  const [fault] = spec.error
  throw new ClientError(fault?.code ?? 'CONFIG_INVALID_VALUE', `${fault?.where}: ${fault?.message}`, 0)
}
