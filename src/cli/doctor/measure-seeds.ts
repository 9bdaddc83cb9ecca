import { createDnsResolver } from '../../adapters/dns/dns-resolver.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import type { ChainSpec } from '../../chain/chain-spec.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { askSeed, asksCaptive, type SeedInquiry } from '../../engine/seed-inquiry.ts'
import { dnsSettingsOf } from '../../node/config/dns-settings-of.ts'
import type { NodeConfig } from '../../node/config/node-config.ts'
import { verifyPeerList } from '../../peers/dns-seeds/signed-peer-list.ts'
import { type Bytes, fromHex } from '../../primitives/bytes.ts'
import type { SeedAnswer } from './seeds.ts'

/** Asks every seed through every resolver, as the node would. */
export async function measureSeeds(config: NodeConfig, spec: ChainSpec, chainId: ChainId): Promise<readonly SeedAnswer[]> {
  const { seeds, resolvers, timeoutMs, allowsPrivate } = dnsSettingsOf(config, spec)
  const servers = resolvers.length === 0 ? [{}] : resolvers.map((server) => ({ server }))
  const keys = spec.chain.seed_keys.map((key) => fromHex(key) as Bytes)
  const verify: SeedInquiry['verify'] =
    keys.length === 0 ? undefined : (list) => verifyPeerList(list, { chainId, keys, now: Date.now(), newestOf: () => undefined })
  const answers = servers.flatMap((server) => {
    const resolver = createDnsResolver({ ...server, timeoutMs })
    return seeds.map(async (seed): Promise<SeedAnswer> => {
      const failures: string[] = []
      const inquiry: SeedInquiry = {
        resolver,
        rules: { port: spec.chain.port, allowsPrivate, self: '', own: [] },
        verify,
        onAnswer: (_question, answer) => {
          if (!answer.ok) failures.push(answer.failure)
        },
        onRefused: ({ code }) => void failures.push(code),
      }
      // Asked apart: that the impossible name does not exist is no failure.
      const isCaptive = asksCaptive({ ...inquiry, onAnswer: () => undefined }, systemEntropy.bytes(12))
      const finding = await askSeed(inquiry, seed, isCaptive)
      const { kind, addresses = [] } = finding ?? {}
      return { seed, resolver: resolver.name, isCaptive: await isCaptive, kind, addresses: addresses.length, failures }
    })
  })
  return Promise.all(answers)
}
