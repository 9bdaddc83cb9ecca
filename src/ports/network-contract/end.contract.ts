import { describe, expect, it } from 'vitest'
import { utf8 } from '../../primitives/bytes.ts'
import { channelBytesMax } from '../network.ts'
import type { Stage } from './stage.contract.ts'

export function endContract({ eventually, run, pair }: Stage): void {
  describe('the end', () => {
    it('is told to peers, final, and may be asked for twice', async () => {
      const { alice, bob } = await pair()
      await run(Promise.all([alice.network.stop(), alice.network.stop()]))
      await eventually('the peer knows', () => bob.disconnected.length === 1)
      expect(alice.network.peers()).toEqual([])
      expect(alice.network.send(bob.network.self, 'consensus', utf8('?'))).toBe(false)
      await expect(run(alice.network.connect(bob.network.addresses()[0] as string))).rejects.toMatchObject({
        code: 'DIAL_FAILED',
      })
    })

    it('does not wait for what cannot be delivered', async () => {
      const { alice, bob } = await pair()
      const message = new Uint8Array(channelBytesMax.blocks)
      while (alice.network.send(bob.network.self, 'blocks', message));
      await run(alice.network.stop())
      await eventually('the peer knows', () => bob.disconnected.length === 1)
    })
  })
}
