import { join } from 'node:path'
import { systemEntropy } from '../../../src/adapters/system/system-entropy.ts'
import { freePorts } from '../../../src/cli/devnet/free-ports.ts'
import { loopbackHost } from '../../../src/cli/devnet/loopback-host.ts'
import { createNodeHome } from '../../../src/node/config/node-home.ts'
import type { Bytes } from '../../../src/primitives/bytes.ts'
import { createLocalNode, type LocalNetwork, type LocalNode } from './local-network.ts'

/** A new node of the network, with keys of its own, none of a validator unless one is given, not yet started. */
export async function createFollowerHome(
  network: LocalNetwork,
  name: string,
  options: { readonly chainText?: string; readonly overrides?: readonly string[]; readonly validatorSeed?: Bytes } = {},
): Promise<LocalNode> {
  const home = join(network.directory, name)
  const [p2p, api] = (await freePorts(2, 30_100 + Math.floor(Math.random() * 1000))) as [number, number]
  const host = loopbackHost(1_000 + Math.floor(Math.random() * 10_000))
  const peers = await Promise.all(network.nodes.map(async ({ client }) => (await client.status()).addresses[0] ?? ''))
  await createNodeHome({
    home,
    chainText: options.chainText ?? network.chainText,
    settings: { p2p: { listen: [`/ip4/${host}/tcp/${p2p}`], dial_from: host, peers }, api: { port: api } },
    seeds: { peer: systemEntropy.bytes(32), validator: options.validatorSeed },
    passphrase: 'a follower of a test',
    storePassphrase: true,
    keyCost: { passes: 1, memoryKib: 8 },
  })
  return createLocalNode({ name, home, url: `http://127.0.0.1:${api}`, overrides: options.overrides ?? [] })
}
