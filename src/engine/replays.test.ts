import { expect, it } from 'vitest'
import { createNodeWorld, heights } from '../../test/engine/node-world.ts'
import { batchSchema } from '../chain/batch.ts'
import { batchMessageSchema } from '../chain/batch-message.ts'
import { consensusMessageSchema } from '../chain/consensus-message.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Channel, Network } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'

/** Four validators, of whom the last sends what its node would not, and everything it sent by itself. */
async function withSender() {
  let network: Network | undefined
  const sent: { readonly channel: Channel; readonly message: Bytes }[] = []
  const nodes = createNodeWorld({
    validators: 4,
    consensus: { interval_ms: 500 },
    tamper(index, ports) {
      if (index !== 3) return ports
      network = ports.network
      const send: Network['send'] = (peer, channel, message) => {
        sent.push({ channel, message: message.slice() })
        return ports.network.send(peer, channel, message)
      }
      return { ...ports, network: { ...ports.network, send } }
    },
  })
  await nodes.start()
  await nodes.until(() => heights(nodes).every((height) => height >= 3), 10)
  const sender = network as Network
  const rejected = (code: string) => nodes.members[0]!.counters.get(`synod_rejections_total code=${code}`) ?? 0
  return { nodes, sent, sender, rejected, isOut: () => !sender.peers().some(({ id }) => id === 'node0') }
}

it('a batch pushed over and over is a replay, and in the end a ban', async () => {
  const { nodes, sender, rejected, isOut } = await withSender()
  const encoded = encode(batchSchema, { transactions: [nodes.transfer()] })
  for (let count = 0; count < 40; count++) sender.send('node0', 'batches', encode(batchMessageSchema, { type: 'push', encoded }))
  await nodes.until(isOut, 5)
  expect(rejected('BATCH_REPLAYED')).toBeGreaterThanOrEqual(10)
  expect(nodes.members[0]!.counters.get('synod_peer_bans_total reason=spam')).toBe(1)
})

it('a vote sent over and over is a replay, however genuine it is', async () => {
  const { nodes, sent, sender, rejected, isOut } = await withSender()
  const own = sent.find(({ channel, message }) => channel === 'consensus' && message.length < 300)
  for (let count = 0; count < 2500; count++) sender.send('node0', 'consensus', (own as { message: Bytes }).message)
  await nodes.until(isOut, 5)
  expect(rejected('CONSENSUS_REPLAYED')).toBeGreaterThanOrEqual(10)
})

it('round states without end are spam, and those of ten seconds at once are not', async () => {
  const { nodes, sent, sender, rejected, isOut } = await withSender()
  const roundState = sent.find(({ channel, message }) => {
    const decoded = channel === 'consensus' ? decode(consensusMessageSchema, message) : undefined
    return decoded?.ok && decoded.value.type === 'round-state'
  }) as { message: Bytes }
  for (let count = 0; count < 120; count++) sender.send('node0', 'consensus', roundState.message)
  await nodes.run(1)
  expect([isOut(), rejected('ROUND_STATE_FLOOD')]).toEqual([false, 0])
  for (let count = 0; count < 600; count++) sender.send('node0', 'consensus', roundState.message)
  await nodes.until(isOut, 5)
  expect(rejected('ROUND_STATE_FLOOD')).toBeGreaterThanOrEqual(10)
})

it('late messages, each sent once, are forgiven', async () => {
  const { nodes, sent, sender, isOut } = await withSender()
  await nodes.until(() => heights(nodes).every((height) => height >= 20), 30)
  for (const { channel, message } of [...sent]) if (channel === 'consensus') sender.send('node0', channel, message)
  await nodes.run(2)
  expect(isOut()).toBe(false)
  expect(
    nodes.members[0]!.node()
      .peers()
      .find(({ id }) => id === 'node3')!.standing.score,
  ).toBeGreaterThanOrEqual(0)
})

it('a request that cannot be read is an offence', async () => {
  const { nodes, sender, rejected } = await withSender()
  const ask = async () => {
    for await (const _ of sender.request('node0', 'block', Uint8Array.of(7), { timeoutMs: 500 })) return
  }
  ask().catch(() => undefined)
  await nodes.until(() => rejected('CODEC_TYPE') === 1, 5)
})

it('a batch with a forged signature costs the connection at once', async () => {
  const { nodes, sender, rejected, isOut } = await withSender()
  const forged = nodes.transfer()
  forged[forged.length - 1] = (forged.at(-1) as number) ^ 1
  const encoded = encode(batchSchema, { transactions: [forged] })
  sender.send('node0', 'batches', encode(batchMessageSchema, { type: 'push', encoded }))
  await nodes.until(isOut, 5)
  expect(rejected('BATCH_FORGED')).toBe(1)
})
