import { describe, expect, it } from 'vitest'
import { AssertionError } from '../../primitives/assert.ts'
import { type Bytes, utf8 } from '../../primitives/bytes.ts'
import { channelBytesMax, channels } from '../network.ts'
import type { Stage } from './stage.contract.ts'

export function messagesContract({ start, eventually, pair }: Stage): void {
  describe('direct messages', () => {
    it('keep their order on each channel, both ways', async () => {
      const { alice, bob } = await pair()
      const count = 2_000
      for (let index = 0; index < count; index++) {
        const message = utf8(`${index} ${'x'.repeat(index % 300)}`)
        for (const [from, to] of [
          [alice, bob],
          [bob, alice],
        ] as const) {
          expect(from.network.send(to.network.self, 'consensus', message)).toBe(true)
          expect(from.network.send(to.network.self, 'batches', message)).toBe(true)
        }
      }
      for (const node of [alice, bob]) {
        await eventually('all arrive', () => node.messages.length === 2 * count)
        for (const channel of ['consensus', 'batches'] as const) {
          const numbers = node.messages
            .filter((one) => one.channel === channel)
            .map((one) => Number.parseInt(new TextDecoder().decode(one.message), 10))
          expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index))
        }
      }
    })

    it.each(channels)('of the largest size, and of none, cross on %s', async (channel) => {
      const { alice, bob } = await pair()
      const message = new Uint8Array(channelBytesMax[channel]).map((_, index) => index)
      alice.network.send(bob.network.self, channel, message)
      alice.network.send(bob.network.self, channel, new Uint8Array(0))
      await eventually('both arrive', () => bob.messages.length === 2)
      expect(Buffer.compare(bob.messages[0]?.message as Bytes, message)).toBe(0)
      expect(bob.messages[1]).toMatchObject({ channel, peer: alice.network.self })
      expect(bob.messages[1]?.message).toHaveLength(0)
    })

    it('are refused at once when the queue is full, and again accepted once it has drained', async () => {
      const { alice, bob } = await pair()
      const message = new Uint8Array(channelBytesMax.blocks)
      let sent = 0
      while (alice.network.send(bob.network.self, 'blocks', message)) {
        sent += 1
        expect(sent).toBeLessThan(1_000)
      }
      expect(sent).toBeGreaterThan(0)
      await eventually('what was accepted arrives', () => bob.messages.length === sent)
      expect(alice.network.send(bob.network.self, 'blocks', message)).toBe(true)
      await eventually('and the next', () => bob.messages.length === sent + 1)
    })

    it('longer than the channel allows are a bug of the caller', async () => {
      const { alice, bob } = await pair()
      for (const channel of channels) {
        const message = new Uint8Array(channelBytesMax[channel] + 1)
        expect(() => alice.network.send(bob.network.self, channel, message)).toThrow(AssertionError)
      }
    })

    it('are not delivered after the connection was ended', async () => {
      const { alice, bob } = await pair({
        onMessage(peer, channel, message) {
          bob.messages.push({ peer, channel, message })
          bob.network.disconnect(peer, 'enough')
        },
      })
      for (let index = 0; index < 100; index++) alice.network.send(bob.network.self, 'consensus', utf8(`${index}`))
      await eventually('the sender knows', () => alice.disconnected.length === 1)
      expect(bob.messages).toHaveLength(1)
    })

    it('go nowhere without a peer', async () => {
      const alice = await start(1)
      expect(alice.network.send('nobody', 'consensus', utf8('?'))).toBe(false)
    })
  })
}
