import { afterAll, describe, expect, it } from 'vitest'
import { type LightHost, startLightHost } from '../../test/network/light-host.ts'
import { makeChain } from '../cli/bench/made-chain.ts'
import { sha256 } from '../crypto/hash.ts'
import { bytesEqual, utf8 } from '../primitives/bytes.ts'
import { followProviders } from './follow-chain.ts'
import { openPeerSources } from './peer-source.ts'

const genesisTime = Date.now() - 3_600_000
const chain = makeChain({ heights: 40, validators: 10, changedEvery: 8, replaced: 4, genesisTime })
const trust = { chainId: chain.chainId, validators: chain.genesis.next, genesisTime }
const undo: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of undo.reverse()) await end()
})

async function hostOf(...given: Parameters<typeof startLightHost>): Promise<LightHost> {
  const host = await startLightHost(...given)
  undo.push(host.stop)
  return host
}

async function sourcesOf() {
  const sources = await openPeerSources({ chainId: chain.chainId })
  undo.push(sources.stop)
  return sources
}

describe('a light client over libp2p WebSocket', () => {
  it('follows a chain as a visitor of its nodes, and begins another visit when one is over', async () => {
    const [host, sources] = [await hostOf(chain), await sourcesOf()]
    const follower = followProviders({ providers: [sources.at(host.address)], trust })
    const found = await follower.block(30)
    expect(found.ok && bytesEqual(found.value.hash, chain.hashAt(30))).toBe(true)
    expect(host.hellos).toMatchObject([{ capabilities: ['visit'], height: 0, listenAddresses: [] }])
    expect(host.requests).toBeLessThan(8)
    host.endVisits()
    await expect.poll(async () => (await follower.block('latest')).ok, { timeout: 10_000 }).toBe(true)
    expect(host.hellos).toHaveLength(2)
  }, 20_000)

  it('does the work that a busy node asks for', async () => {
    const [host, sources] = [await hostOf(chain, { work: 3000 }), await sourcesOf()]
    const found = await followProviders({ providers: [sources.at(host.address)], trust }).block(3)
    expect(found).toMatchObject({ ok: true })
  }, 20_000)

  it('finds a fork between two nodes', async () => {
    const lie = sha256(utf8('lie'))
    const forked = makeChain({
      ...{ heights: 40, validators: 10, changedEvery: 8, replaced: 4, genesisTime },
      header: (height, header) => (height >= 20 ? { ...header, appHash: lie } : header),
    })
    const sources = await sourcesOf()
    const hosts = await Promise.all([hostOf(chain), hostOf(forked)])
    const follower = followProviders({ providers: hosts.map(({ address }) => sources.at(address)), trust })
    expect(await follower.block(40)).toMatchObject({ ok: false, error: { code: 'LIGHT_FORK' } })
  }, 20_000)

  it('believes no node of another chain, and none that is not there', async () => {
    const sources = await sourcesOf()
    const host = await hostOf(chain, { chainId: sha256(utf8('another')) })
    const nobody = host.address.replace(/tcp\/\d+/, 'tcp/1')
    for (const address of [host.address, nobody]) {
      const source = sources.at(address)
      expect(await source.lightBlock('latest')).toMatchObject({ error: { code: 'LIGHT_NOT_HELD' } })
      expect(await source.changes?.(0)).toEqual([])
      await expect(source.state(utf8('key'))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    }
  }, 30_000)
})
