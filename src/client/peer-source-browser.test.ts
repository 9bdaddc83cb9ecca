import { describe, expect, it } from 'vitest'
import { runBundled } from '../../test/browser/run-bundled.ts'
import { startLightHost } from '../../test/network/light-host.ts'
import { findChromium } from '../cli/bench/browser/chromium.ts'
import { type MadeChain, makeChain } from '../cli/bench/made-chain.ts'
import { sha256 } from '../crypto/hash.ts'
import { toHex, utf8 } from '../primitives/bytes.ts'

const program = findChromium()
const genesisTime = Date.now() - 3_600_000
const plain = { heights: 40, validators: 5, changedEvery: 8, replaced: 2, genesisTime }
const chain = makeChain(plain)

function taskOf(addresses: readonly string[], { chainId, genesis }: MadeChain) {
  const validators = genesis.next.validators.map(({ consensusKey, power }) => ({
    consensusKey: toHex(consensusKey),
    power: power.toString(),
  }))
  return { addresses, height: 40, chainId: toHex(chainId), genesisTime, validators }
}

describe.skipIf(!program)(program ? 'in Chromium' : 'no Chromium on this machine', () => {
  it('a bundled light client follows a chain over libp2p WebSocket, does the work it is asked for, and finds a fork', async () => {
    const lie = sha256(utf8('lie'))
    const forked = makeChain({ ...plain, header: (height, header) => (height >= 20 ? { ...header, appHash: lie } : header) })
    const hosts = await Promise.all([startLightHost(chain), startLightHost(chain, { work: 2000 }), startLightHost(forked)])
    const [first, busy, liar] = hosts.map(({ address }) => address) as [string, string, string]
    try {
      const tasks = [taskOf([first], chain), taskOf([busy], chain), taskOf([first, liar], chain)]
      expect(await runBundled(program as string, 'light-peer-page.ts', tasks, 80_000)).toMatchObject([
        { hash: toHex(chain.hashAt(40)) },
        { hash: toHex(chain.hashAt(40)) },
        { error: 'LIGHT_FORK' },
      ])
      expect(hosts.every(({ hellos }) => hellos.length > 0)).toBe(true)
    } finally {
      for (const host of hosts) await host.stop()
    }
  }, 100_000)
})
