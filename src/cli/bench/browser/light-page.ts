import { createClient } from '../../../client/client.ts'
import { followChain } from '../../../client/follow-chain.ts'
import { fromHex, toHex } from '../../../primitives/bytes.ts'

/** Runs in a browser: follows a chain that the page's own server serves, and tells the server how long it took. */
interface Task {
  readonly id: string
  /** Where the chain's light blocks are: an API. */
  readonly api: string
  readonly witness: string | null
  readonly height: number
  readonly chainId: string
  readonly genesisTime: number
  readonly validators: readonly { readonly consensusKey: string; readonly power: string }[]
}

const bytes = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0)

async function follow({ api, witness, height, chainId, genesisTime, validators }: Task) {
  const members = validators.map(({ consensusKey, power }) => ({ consensusKey: bytes(consensusKey), power: BigInt(power) }))
  const totalPower = members.reduce((sum, { power }) => sum + power, 0n)
  const follower = followChain({
    client: createClient(api),
    trust: { chainId: bytes(chainId), validators: { validators: members, totalPower }, genesisTime },
    ...(witness !== null && { witnesses: [createClient(witness)] }),
  })
  const began = performance.now()
  const found = await follower.block(height)
  const ms = performance.now() - began
  return found.ok ? { hash: toHex(found.value.hash), ms } : { error: found.error.code, detail: found.error.detail, ms }
}

const tasks = (await (await fetch('/tasks')).json()) as readonly Task[]
for (const task of tasks) {
  const outcome = await follow(task).catch((error: unknown) => ({ error: 'THROWN', detail: String(error), ms: 0 }))
  await fetch('/outcomes', { method: 'POST', body: JSON.stringify({ id: task.id, ...outcome }) })
}
