import { describe, expect, it } from 'vitest'
import { utf8 } from '../../primitives/bytes.ts'
import { channelBytesMax, channels, type RequestProtocol } from '../network.ts'
import type { Stage } from './stage.contract.ts'

export function pauseContract({ world, eventually, run, connect, pair, collect }: Stage): void {
  describe('a paused peer', () => {
    it('keeps what it sends, until nothing more fits; then all of it arrives, in order', async () => {
      const { alice, bob } = await pair()
      const message = new Uint8Array(channelBytesMax.blocks)
      bob.network.pause(alice.network.self, 600_000)
      let sent = 0
      let refusals = 0
      // A queue that is full stays full, however long one waits: nobody takes anything out of it.
      while (refusals < 300) {
        message[0] = sent
        if (alice.network.send(bob.network.self, 'blocks', message.slice())) [sent, refusals] = [sent + 1, 0]
        else refusals += 1
        expect(sent).toBeLessThan(100)
        await world.turn()
      }
      expect(sent).toBeGreaterThan(1)
      expect(bob.messages).toEqual([])
      bob.network.pause(alice.network.self, 0)
      await eventually('all of it arrives', () => bob.messages.length === sent)
      expect(bob.messages.map((one) => one.message[0])).toEqual(Array.from({ length: sent }, (_, index) => index))
      expect(alice.network.send(bob.network.self, 'blocks', message)).toBe(true)
      await eventually('and the next', () => bob.messages.length === sent + 1)
    })

    it('is heard again by itself when the time is over, and not before', async () => {
      const { alice, bob } = await pair()
      const until = performance.now() + 500
      bob.network.pause(alice.network.self, 500)
      for (const channel of channels) alice.network.send(bob.network.self, channel, utf8(`late on ${channel}`))
      // A machine that is busy may take all of the pause for one turn: only what was heard before its end is heard too early.
      for (let turn = 0; turn < 30 && performance.now() < until; turn++) {
        await world.turn()
        const heard = bob.messages.length
        if (performance.now() < until) expect(heard).toBe(0)
      }
      await eventually('all of it arrives', () => bob.messages.length === channels.length)
    })

    it('waits for the answers to its requests as well, on streams old and new', async () => {
      const { alice, bob } = await pair()
      const ask = (protocol: RequestProtocol) =>
        collect(alice.network.request(bob.network.self, protocol, utf8('?'), { timeoutMs: 600_000 }))
      expect(await run(ask('status'))).toHaveLength(1)
      bob.network.pause(alice.network.self, 600_000)
      let answered = 0
      const asked = (['status', 'block'] as const).map((protocol) => ask(protocol).then(() => answered++))
      for (let turn = 0; turn < 100; turn++) await world.turn()
      expect(answered).toBe(0)
      bob.network.pause(alice.network.self, 0)
      await run(Promise.all(asked))
      expect(answered).toBe(2)
    })

    it('loses what it still holds back when it goes, and begins anew when it comes again', async () => {
      const { alice, bob } = await pair()
      bob.network.pause(alice.network.self, 600_000)
      alice.network.send(bob.network.self, 'consensus', utf8('lost'))
      alice.network.disconnect(bob.network.self, 'enough')
      await eventually('the other side knows', () => bob.disconnected.length === 1)
      await connect(alice, bob)
      alice.network.send(bob.network.self, 'consensus', utf8('heard'))
      await eventually('it arrives', () => bob.messages.length > 0)
      expect(bob.messages.map(({ message }) => new TextDecoder().decode(message))).toEqual(['heard'])
    })

    it('still hears, and its connection lives', async () => {
      const { alice, bob } = await pair()
      bob.network.pause(alice.network.self, 600_000)
      bob.network.send(alice.network.self, 'consensus', utf8('slow down'))
      await eventually('it hears', () => alice.messages.length === 1)
      expect(alice.disconnected).toEqual([])
    })
  })
}
