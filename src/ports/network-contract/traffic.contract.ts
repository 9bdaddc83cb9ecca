import { describe, expect, it } from 'vitest'
import { noTraffic } from '../network.ts'
import type { Stage } from './stage.contract.ts'

export function trafficContract({ start, eventually, run, pair, collect }: Stage): void {
  describe('traffic', () => {
    it('is counted by class, on both sides, and outlives the connection', async () => {
      const { alice, bob } = await pair()
      const to = bob.network.self
      alice.network.send(to, 'consensus', new Uint8Array(1_000))
      alice.network.send(to, 'blocks', new Uint8Array(20_000))
      await run(collect(alice.network.request(to, 'status', new Uint8Array(300), { timeoutMs: 10_000 })))
      await eventually('all arrives', () => bob.messages.length === 2)
      const { classes } = alice.network.traffic(to)
      expect(classes.consensus).toEqual({ bytesIn: 0, bytesOut: 1_000 })
      expect(classes.blocks).toEqual({ bytesIn: 0, bytesOut: 20_000 })
      expect(classes.requests.bytesOut).toBeGreaterThanOrEqual(300)
      expect(classes.requests.bytesIn).toBeGreaterThanOrEqual(300)
      const received = bob.network.traffic(alice.network.self).classes
      expect([received.consensus.bytesIn, received.blocks.bytesIn]).toEqual([1_000, 20_000])
      alice.network.disconnect(to, 'counted')
      await eventually('the other side knows', () => bob.disconnected.length === 1)
      expect(alice.network.traffic(to)).toEqual(noTraffic())
      for (const node of [alice, bob]) {
        const total = node.network.traffic().classes
        expect(total.blocks.bytesIn + total.blocks.bytesOut).toBe(20_000)
      }
    })

    it('is nothing with nobody', async () => {
      const alice = await start(1)
      expect(alice.network.traffic('nobody')).toEqual(noTraffic())
    })
  })
}
