import type { SignerAddress } from '../../adapters/signer/signer-connection.ts'
import { readDialTarget } from '../../peers/dial-target.ts'

const form = /^\/(ip4|ip6|dns|dns4|dns6)\/[^/\s]+\/tcp\/[0-9]{1,5}\/p2p\/[1-9A-HJ-NP-Za-km-z]{40,60}$/

/** Where a signer is, and the peer id it must prove: `/ip4/192.0.2.7/tcp/26659/p2p/12D3KooW…`. Undefined for anything else. */
export function readSignerAddress(text: string): SignerAddress | undefined {
  if (!form.test(text)) return undefined
  const { host, port, peer } = readDialTarget(text)
  return port !== undefined && port > 0 && port < 65_536 && peer !== undefined ? { host, port, peer } : undefined
}
