import { createRemoteSigner } from '../adapters/signer/remote-signer.ts'
import type { ChainId } from '../chain/identifiers.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { NodeConfig } from './config/node-config.ts'
import { readSignerAddress } from './config/signer-address.ts'
import { createLocalSigner, type HeldSigner } from './local-signer.ts'
import { signerIdentityOf } from './signer-identity.ts'
import { createValidatorKeyFiles } from './validator-key-files.ts'

/** Who holds the validator's keys, as the configuration says: other processes, or this one. Nobody, where there are none. */
export async function openValidatorSigner(options: {
  config: NodeConfig
  keysDirectory: string
  chainId: ChainId
  peerKeySeed: Bytes
  passphrase: string
  telemetry: Telemetry
}): Promise<HeldSigner | undefined> {
  const { config, chainId, telemetry, passphrase } = options
  const addresses = config.signer.addresses.map(readSignerAddress).filter((address) => address !== undefined)
  if (addresses.length > 0) {
    const identity = await signerIdentityOf(options.peerKeySeed)
    return createRemoteSigner({ addresses, identity, chainId, timeoutMs: config.signer.timeout_ms, telemetry })
  }
  const seeds = createValidatorKeyFiles({ directory: options.keysDirectory, passphrase, telemetry })
  return (await seeds()).length > 0 ? createLocalSigner(seeds) : undefined
}
