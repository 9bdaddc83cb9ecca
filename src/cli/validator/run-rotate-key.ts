import { resolve } from 'node:path'
import { loadOrCreateKeyFile } from '../../adapters/file/key-file.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { proveRegistration } from '../../chain/registration.ts'
import { addressOf } from '../../crypto/address.ts'
import { blsKeypair } from '../../crypto/bls.ts'
import type { Console } from '../frame/command.ts'
import { type SigningOptions, sendOperation } from '../tx/send-operation.ts'
import { ledgerChain } from './run-validator.ts'

/** Proves the new key, which is made where there is none yet, and has it put in the place of the one that votes. */
export async function runRotateKey({
  options,
  console,
}: {
  readonly options: SigningOptions & { readonly file: string }
  readonly console: Console
}): Promise<number> {
  const chain = await ledgerChain({ options, console })
  const path = resolve(console.workingDirectory, options.file)
  return sendOperation({
    options,
    console,
    chain,
    async operationOf(sender, _openKey, { passphrase }) {
      const { seed } = await loadOrCreateKeyFile({ path, kind: 'validator', passphrase, entropy: systemEntropy })
      const keypair = blsKeypair(seed)
      const possession = proveRegistration(keypair, chain.trust.chainId, addressOf(sender.publicKey))
      return { type: 'rotate-key', consensusKey: keypair.publicKey, possession }
    },
  })
}
