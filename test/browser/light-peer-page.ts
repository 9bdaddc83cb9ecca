import { followProviders } from '../../src/client/follow-chain.ts'
import { openPeerSources } from '../../src/client/peer-source.ts'
import { fromHex, toHex } from '../../src/primitives/bytes.ts'

/** Runs in a browser: follows a chain by asking nodes over libp2p WebSocket, and tells the page's server what it found. */
interface Task {
  readonly addresses: readonly string[]
  readonly height: number
  readonly chainId: string
  readonly genesisTime: number
  readonly validators: readonly { readonly consensusKey: string; readonly power: string }[]
}

const bytes = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0)

async function follow({ addresses, height, chainId, genesisTime, validators }: Task) {
  const members = validators.map(({ consensusKey, power }) => ({ consensusKey: bytes(consensusKey), power: BigInt(power) }))
  const totalPower = members.reduce((sum, { power }) => sum + power, 0n)
  const sources = await openPeerSources({ chainId: bytes(chainId) })
  const trust = { chainId: bytes(chainId), validators: { validators: members, totalPower }, genesisTime }
  const found = await followProviders({ providers: addresses.map(sources.at), trust }).block(height)
  await sources.stop()
  return found.ok ? { hash: toHex(found.value.hash) } : { error: found.error.code, detail: found.error.detail }
}

const tasks = (await (await fetch('/tasks')).json()) as readonly Task[]
const outcomes: object[] = []
for (const task of tasks) {
  outcomes.push(await follow(task).catch((error: unknown) => ({ error: 'THROWN', detail: String(error) })))
}
await fetch('/outcomes', { method: 'POST', body: JSON.stringify(outcomes) })
