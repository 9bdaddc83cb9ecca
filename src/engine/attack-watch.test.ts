import { expect, it } from 'vitest'
import { createNodeWorld } from '../../test/engine/node-world.ts'
import type { Network, NetworkHandlers } from '../ports/network.ts'
import type { NodeEvent } from './synod-node.ts'

/** Two validators; the handlers of the first, for strangers that the simulated network does not have, and the network of the other. */
async function watched() {
  let handlers: NetworkHandlers | undefined
  let network: Network | undefined
  const nodes = createNodeWorld({
    validators: 2,
    consensus: { interval_ms: 500 },
    tamper(index, ports) {
      if (index === 1) network = ports.network
      if (index === 1) return ports
      const start: Network['start'] = (given) => {
        handlers = given
        return ports.network.start(given)
      }
      return { ...ports, network: { ...ports.network, start } }
    },
  })
  await nodes.start()
  await nodes.until(() => network?.peers().length === 1, 5)
  const [victim] = nodes.members
  const told: NodeEvent[] = []
  victim!.node().subscribe((event) => void (event.type === 'attack' && told.push(event)))
  const lines = () =>
    victim!.logs.filter(({ message }) => message.startsWith('an attack')).map(({ level, fields }) => `${level} ${fields['kind']}`)
  return { nodes, victim: victim!, told, lines, handlers: handlers as NetworkHandlers, network: network as Network }
}

it('a flood of connections is told once when it begins and once when it is over', async () => {
  const { nodes, victim, told, lines, handlers } = await watched()
  for (let id = 0; id < 500; id++) handlers.onInbound?.({ id: 1000 + id, host: '203.0.113.7' })
  expect(lines()).toEqual(['warn flood'])
  expect(told).toMatchObject([{ kind: 'flood', active: true, sources: 1 }])
  await nodes.run(25)
  expect(lines()).toEqual(['warn flood'])
  await nodes.run(10)
  expect(lines()).toEqual(['warn flood', 'info flood'])
  expect(told[1]).toMatchObject({ kind: 'flood', active: false, refused: expect.any(Number) })
  expect(victim.counters.get('synod_attacks_total kind=flood')).toBe(1)
})

it('a whole network that knocks is an eclipse', async () => {
  const { lines, handlers } = await watched()
  for (let id = 0; id < 60; id++) handlers.onInbound?.({ id: 1000 + id, host: `203.0.113.${id}` })
  expect(lines()).toContain('warn eclipse')
})

it('handshakes that never end are a slow-loris', async () => {
  const { lines, handlers } = await watched()
  for (let id = 0; id < 6; id++) handlers.onStranger?.({ id: 1000 + id, host: `198.51.${id}.7` }, 'slow handshake')
  expect(lines()).toEqual(['warn slow-loris'])
})

it.each([
  ['frame of kind 0 with 2000000 bytes, at most 1048576 are allowed', 'oversized'],
  ['frame of unknown kind 9', 'malformed'],
  ['a payload that inflates beyond its limit', 'bomb'],
])('a peer’s “%s” is %s', async (what, kind) => {
  const { lines, handlers } = await watched()
  for (let count = 0; count < 5; count++) handlers.onMisbehaviour(`stranger ${count}`, what)
  expect(lines()).toEqual([`warn ${kind}`])
})

it('a flood of messages is spam', async () => {
  const { nodes, victim, network } = await watched()
  for (let count = 0; count < 1500; count++) network.send('node0', 'blocks', new Uint8Array(10))
  await nodes.until(() => victim.counters.get('synod_attacks_total kind=spam') === 1, 5)
})
