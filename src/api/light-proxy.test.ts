import { afterEach, describe, expect, it } from 'vitest'
import type { ChainSpec } from '../chain/chain-spec.ts'
import { type MadeChainOptions, madeChainId, makeChain } from '../cli/bench/made-chain.ts'
import type { Client } from '../client/client.ts'
import { createClient } from '../client/client.ts'
import type { ClientError } from '../client/client-error.ts'
import { followChain } from '../client/follow-chain.ts'
import { sha256 } from '../crypto/hash.ts'
import type { LightFailure } from '../light/light-client.ts'
import { toHex, utf8 } from '../primitives/bytes.ts'
import { createRandom } from '../simulator/random.ts'
import { createSimulatedChain } from '../simulator/simulated-chain.ts'
import { type LightProxy, startLightProxy } from './light-proxy.ts'
import { lightBlockToView } from './to-view.ts'

const genesisTime = Date.now() - 3_600_000
const chainOf = (options: Partial<MadeChainOptions> = {}) =>
  makeChain({ heights: 20, validators: 4, genesisTime, changedEvery: 7, ...options })
const { spec } = createSimulatedChain({
  random: createRandom(1n),
  validators: 4,
  genesisTime,
  consensus: {},
  applicationName: 'ledger',
})

/** A node that serves these light blocks, and nothing else that is true. */
function nodeOf(chain: ReturnType<typeof chainOf>, url: string, more: Partial<Client> = {}): Client {
  return {
    url,
    lightBlock: async (height: number | 'latest') => lightBlockToView(chain.lightBlock(height === 'latest' ? 20 : height)),
    validatorChanges: async (height: number) => ({ heights: [...chain.changesAbove(height)] }),
    ...more,
  } as unknown as Client
}

const open: LightProxy[] = []
afterEach(async () => {
  for (const proxy of open.splice(0)) await proxy.stop()
})

async function proxyOf(node: Client, witnesses: readonly Client[] = [], periodMs?: number) {
  const { genesis } = chainOf()
  const trust = { chainId: madeChainId, validators: genesis.next, genesisTime: genesis.time }
  const follower = followChain({ client: node, trust, witnesses, ...(periodMs !== undefined && { periodMs }) })
  const forks: LightFailure[] = []
  const proxy = await startLightProxy({
    client: node,
    follower,
    spec: spec as ChainSpec,
    host: '127.0.0.1',
    port: 0,
    onFork: (failure) => forks.push(failure),
  })
  open.push(proxy)
  return { asked: createClient(proxy.url), forks, url: proxy.url }
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'answered',
    (error: unknown) => (error as ClientError).code,
  )

describe('a verifying proxy', () => {
  it('serves what its client verifies, in the words of the API', async () => {
    const chain = chainOf()
    const { asked } = await proxyOf(nodeOf(chain, 'http://node'), [nodeOf(chain, 'http://witness')])
    expect((await asked.lightBlock(13))?.header.height).toBe(13)
    expect((await asked.commit('latest'))?.blockHash).toBe(toHex(chain.hashAt(20)))
    expect(await asked.validators()).toMatchObject({ height: 21, totalPower: '40' })
    expect(await asked.chain()).toMatchObject({ name: spec.chain.name })
  })

  it('refuses what the node cannot prove, and serves nothing that has no proof', async () => {
    const chain = chainOf()
    const state = { height: 5, key: 'ff', value: '00', proof: { siblings: [], other: null } }
    const block = {
      ...(await nodeOf(chain, 'x').lightBlock(5)),
      hash: toHex(chain.hashAt(5)),
      lastCommit: null,
      evidence: [],
      transactions: [],
    }
    const liar = nodeOf(chain, 'http://liar', { state: async () => state, block: async () => block as never })
    const { asked, url } = await proxyOf(liar)
    expect(await codeOf(asked.state(Uint8Array.of(0xff)))).toBe('PROOF_INVALID')
    expect(await codeOf(asked.block(5))).toBe('PROOF_INVALID')
    expect(await codeOf(asked.mempool())).toBe('LIGHT_UNPROVABLE')
    expect(await codeOf(asked.account('synod1mistyped'))).toMatch(/^ADDRESS_/)
    expect((await fetch(`${url}/v1/commits/-1`)).status).toBe(400)
  })

  it('says that its trust has expired', async () => {
    const { asked } = await proxyOf(nodeOf(chainOf(), 'http://node'), [], 60_000)
    expect(await codeOf(asked.commit('latest'))).toBe('LIGHT_TRUST_EXPIRED')
  })

  it('answers nothing but the fork, once there is one', async () => {
    const chain = chainOf()
    const other = chainOf({ header: (height, header) => (height >= 9 ? { ...header, appHash: sha256(utf8('other')) } : header) })
    const { asked, forks } = await proxyOf(nodeOf(chain, 'http://node'), [nodeOf(other, 'http://witness')])
    expect(await codeOf(asked.commit(20))).toBe('LIGHT_FORK')
    expect(await codeOf(asked.commit(2))).toBe('LIGHT_FORK')
    expect(forks[0]?.attack).toMatchObject({ kind: 'equivocation', first: { header: { height: 9 } } })
  })

  it('passes transactions on, and finds out who answers of others', async () => {
    const transaction = utf8('transaction')
    const honest = nodeOf(chainOf(), 'http://node', { submit: async ([one]) => [{ id: toHex(sha256(one!)) }] })
    const liar = nodeOf(chainOf(), 'http://liar', { submit: async () => [{ id: '00'.repeat(32) }] })
    expect(await (await proxyOf(honest)).asked.submit([transaction])).toEqual([{ id: toHex(sha256(transaction)) }])
    expect(await codeOf((await proxyOf(liar)).asked.submit([transaction]))).toBe('PROOF_INVALID')
  })
})
