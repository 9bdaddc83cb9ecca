/** A chain of real blocks, peers that serve it or lie about it, and a plan of block sync between them, in virtual time. */
import type { Block } from '../../src/chain/block.ts'
import type { Commit } from '../../src/chain/certificate.ts'
import type { HeaderRange } from '../../src/chain/header-message.ts'
import { verifyCommit } from '../../src/chain/light-verification.ts'
import type { RejectionCode } from '../../src/primitives/error-catalogue.ts'
import { createBlockPlan } from '../../src/sync/block-plan.ts'
import type { SyncPeer } from '../../src/sync/peer-choice.ts'
import type { Ask, ChosenBlock, Fork, PlanInput, PlanTip } from '../../src/sync/plan-messages.ts'
import { createTestChain } from './test-chain.ts'

export interface ServedBlock {
  readonly block: Block
  readonly commit: Commit
}

/** What a peer does with a question; `undefined`: it never answers. */
export interface Server {
  readonly height: number
  readonly latencyMs?: number
  headers(from: number, count: number): HeaderRange | undefined
  /** The blocks it sends; then it ends the answer, or falls silent for good. */
  blocks(from: number, count: number): { readonly blocks: readonly Block[]; readonly ends: boolean }
}

export async function createSyncWorld(length: number) {
  const test = await createTestChain()
  const start: PlanTip = test.chain.tip()
  const chain: ServedBlock[] = []
  for (let height = 1; height <= length; height++) {
    const { block, commit, executed } = test.nextBlock()
    await test.chain.commit(block, commit, executed)
    chain.push({ block, commit })
  }
  return { ...test, start, served: chain, honest: (height = length) => honestServer(chain.slice(0, height)) }
}

export type SyncWorld = Awaited<ReturnType<typeof createSyncWorld>>

export function honestServer(chain: readonly ServedBlock[]): Server {
  return {
    height: chain.length,
    latencyMs: 5,
    headers(from, count) {
      const range = chain.slice(from - 1, from - 1 + count)
      const last = range.at(-1)
      return last && { headers: range.map(({ block }) => block.header), commit: last.commit }
    },
    blocks: (from, count) => ({ blocks: chain.slice(from - 1, from - 1 + count).map(({ block }) => block), ends: true }),
  }
}

export interface SyncOutcome {
  readonly height: number
  readonly ms: number
  readonly blamed: readonly (readonly [peer: string, code: RejectionCode])[]
  readonly doubted: readonly string[]
  readonly divided: readonly string[]
  readonly forks: readonly Fork[]
  readonly asked: readonly Ask[]
}

/** Runs the plan until it is idle, and takes what it hands on. A doubted peer may be asked again after two seconds. */
export async function runPlan(
  world: SyncWorld,
  servers: Readonly<Record<string, Server>>,
  untilMs = 60_000,
  chosen?: ChosenBlock,
): Promise<SyncOutcome> {
  const plan = createBlockPlan(world.start, chosen)
  const outcome = {
    blamed: [] as [string, RejectionCode][],
    doubted: [] as string[],
    divided: [] as string[],
    forks: [] as Fork[],
    asked: [] as Ask[],
  }
  const events: { at: number; input: PlanInput }[] = [{ at: 0, input: { type: 'tick' } }]
  const rests = new Map<string, number>()
  let tip = world.start
  let now = 0

  const peers = (): readonly SyncPeer[] =>
    Object.entries(servers)
      .filter(([id, { height }]) => height > tip.height && (rests.get(id) ?? 0) <= now)
      .map(([id, { height, latencyMs }]) => ({ id, height, latencyMs }))

  const later = (ms: number, input: PlanInput) => void events.push({ at: now + ms, input })

  function answer(ask: Ask): void {
    outcome.asked.push(ask)
    const server = servers[ask.peer]!
    const ms = server.latencyMs ?? 5
    if (ask.kind === 'headers') {
      const range = server.headers(ask.from, ask.count)
      if (!range) return
      later(ms, { type: 'answered', ask: ask.id, answer: { type: 'headers', range } })
      return later(ms, { type: 'ended', ask: ask.id, how: 'complete' })
    }
    const { blocks, ends } = server.blocks(ask.from, ask.count)
    for (const block of blocks) later(ms, { type: 'answered', ask: ask.id, answer: { type: 'block', block, bytes: 1000 } })
    if (ends) later(ms, { type: 'ended', ask: ask.id, how: 'complete' })
  }

  while (now < untilMs) {
    events.sort((a, b) => a.at - b.at)
    const next = events.shift()
    now = Math.max(now, next ? Math.min(next.at, now + 100) : now + 100)
    if (next && next.at > now) events.unshift(next)
    const input: PlanInput = next && next.at <= now ? next.input : { type: 'tick' }
    for (const effect of plan.handle(input, now, peers())) {
      if (effect.type === 'ask') answer(effect.ask)
      else if (effect.type === 'check') {
        const { id, commit, validators } = effect
        later(1, { type: 'checked', id, outcome: await verifyCommit(world.chainId, commit, validators, world.verifier.bls) })
      } else if (effect.type === 'take') {
        tip = { height: effect.block.header.height, hash: effect.commit.blockHash, validators: tip.validators }
        later(0, { type: 'tip', tip })
      } else if (effect.type === 'blame') outcome.blamed.push([effect.peer, effect.rejection.code])
      else if (effect.type === 'doubt') {
        outcome.doubted.push(effect.peer)
        rests.set(effect.peer, now + 2000)
      } else if (effect.type === 'divided') outcome.divided.push(effect.peer)
      else if (effect.type === 'fork') outcome.forks.push(effect.fork)
    }
    if (plan.idle) break
  }
  return { ...outcome, height: tip.height, ms: now }
}
