import { expect, it } from 'vitest'
import { createNodeWorld, heights, type NodeWorldOptions } from '../../test/engine/node-world.ts'
import { defaultBudgetLimits } from '../peers/budget-policy.ts'
import { refusalUntil } from '../peers/refusal.ts'
import type { Network, PeerId } from '../ports/network.ts'
import { refusalOf } from '../ports/network.ts'

const hasty = { interval_ms: 500, propose_timeout_ms: 500, prevote_timeout_ms: 200, precommit_timeout_ms: 200 }

/** A world of four validators, and the network of the last of them, to send with what its node would not. */
function worldWithSpammer(options: Partial<NodeWorldOptions> = {}) {
  let network: Network | undefined
  const pauses: { readonly by: PeerId; readonly peer: PeerId; readonly forMs: number }[] = []
  const nodes = createNodeWorld({
    validators: 4,
    consensus: hasty,
    ...options,
    tamper(index, ports) {
      if (index === 3) network = ports.network
      const pause = (peer: PeerId, forMs: number) => {
        pauses.push({ by: ports.network.self, peer, forMs })
        ports.network.pause(peer, forMs)
      }
      return { ...ports, network: { ...ports.network, pause } }
    },
  })
  return { nodes, pauses, spammer: () => network as Network }
}

const connectedTo = (network: Network) => network.peers().map(({ id }) => id)

it('a peer that floods a channel is paused, then banned, by everybody, and blocks go on', async () => {
  const { nodes, pauses, spammer } = worldWithSpammer()
  await nodes.start()
  await nodes.until(() => connectedTo(spammer()).length === 3, 5)
  const noise = new Uint8Array(100)
  const flood = () => {
    for (const peer of connectedTo(spammer())) for (let count = 0; count < 200; count++) spammer().send(peer, 'blocks', noise)
    nodes.world.scheduler.after(50, flood)
  }
  flood()
  await nodes.until(() => connectedTo(spammer()).length === 0, 20)
  for (const { counters } of nodes.members.slice(0, 3)) {
    expect(counters.get('synod_peer_bans_total reason=spam')).toBe(1)
    expect(counters.get('synod_budget_exceeded_total lane=blocks outcome=refuse')).toBeGreaterThan(200)
  }
  expect(pauses.some(({ by, peer }) => by === 'node0' && peer === 'node3')).toBe(true)
  const before = heights(nodes)[0]!
  await nodes.until(
    () =>
      heights(nodes)
        .slice(0, 3)
        .every((height) => height > before + 3),
    10,
  )
})

it('a request beyond the budget is refused with the time to come again, and answered then', async () => {
  const { nodes, spammer } = worldWithSpammer()
  await nodes.start()
  await nodes.until(() => connectedTo(spammer()).length === 3, 5)
  const ask = async () => {
    try {
      for await (const _ of spammer().request('node0', 'status', new Uint8Array(0), { timeoutMs: 1000 })) return 'answered'
    } catch (error) {
      return refusalOf(error)?.code
    }
    return 'nothing'
  }
  const answers: (string | undefined)[] = []
  for (let count = 0; count < 101; count++) ask().then((answer) => answers.push(answer))
  await nodes.until(() => answers.length === 101, 5)
  expect(answers.filter((answer) => answer === 'answered')).toHaveLength(100)
  expect(answers.at(-1)).toBe('PEER_OVER_BUDGET')
  await nodes.run(1)
  let again: string | undefined
  ask().then((answer) => {
    again = answer
  })
  await nodes.until(() => again !== undefined, 5)
  expect(again).toBe('answered')
})

it('a node that is told to come again later leaves the peer alone until then, and catches up all the same', async () => {
  const refusals: number[] = []
  let elapsed = () => 0
  const nodes = createNodeWorld({
    validators: 1,
    followers: 1,
    consensus: hasty,
    tamper: (index, ports) =>
      index === 1
        ? ports
        : {
            ...ports,
            network: {
              ...ports.network,
              start: (handlers) =>
                ports.network.start({
                  ...handlers,
                  async *onRequest(peer, protocol, message) {
                    const refuses = protocol === 'headers' && refusals.length < 3
                    if (refuses) refusals.push(elapsed())
                    if (refuses) throw refusalUntil('PEER_OVER_BUDGET', 3000)
                    yield* handlers.onRequest(peer, protocol, message)
                  },
                }),
            },
          },
  })
  elapsed = () => nodes.world.scheduler.now()
  await nodes.start(0)
  await nodes.until(() => heights(nodes)[0]! >= 5, 10)
  await nodes.start(1)
  await nodes.until(() => heights(nodes)[1]! >= heights(nodes)[0]! - 1 && heights(nodes)[1]! > 5, 30)
  expect(refusals).toHaveLength(3)
  for (const [index, at] of refusals.entries()) if (index > 0) expect(at - refusals[index - 1]!).toBeGreaterThanOrEqual(3000)
})

it('honest nodes at full speed exceed no budget', async () => {
  const nodes = createNodeWorld({ validators: 4, followers: 1, consensus: { interval_ms: 0 } })
  await nodes.start(0, 1, 2, 3)
  for (let count = 0; count < 200; count++) nodes.members[count % 4]!.node().submit([nodes.transfer(250)])
  await nodes.until(() => heights(nodes)[0]! >= 100, 30)
  await nodes.start(4)
  await nodes.until(() => heights(nodes)[4]! >= 100, 30)
  for (const { counters } of nodes.members) {
    expect([...counters.keys()].filter((name) => name.startsWith('synod_budget_exceeded'))).toEqual([])
  }
})

it('the operator can give less', async () => {
  const { nodes, spammer } = worldWithSpammer({ budgets: { ...defaultBudgetLimits, controlPerMinute: 5 } })
  await nodes.start()
  await nodes.until(() => connectedTo(spammer()).length === 3, 5)
  for (let count = 0; count < 8; count++) spammer().send('node0', 'blocks', new Uint8Array(1))
  await nodes.run(2)
  expect(nodes.members[0]!.counters.get('synod_budget_exceeded_total lane=blocks outcome=refuse')).toBe(3)
})
