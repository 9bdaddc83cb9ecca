import { describe, expect, it } from 'vitest'
import { utf8 } from '../../primitives/bytes.ts'
import type { Verdict } from '../network.ts'
import type { Node, Stage } from './stage.contract.ts'

export function gossipContract({ world, start, eventually, connect }: Stage): void {
  describe('gossip', () => {
    /** Three in a line: what reaches the last has been forwarded by the one in the middle. */
    async function line(verdict: Verdict): Promise<{ first: Node; middle: Node; last: Node }> {
      const middle = await start(2, {
        onGossip(peer, channel, message) {
          middle.gossip.push({ peer, channel, message })
          return Promise.resolve(verdict)
        },
      })
      const first = await start(1)
      const last = await start(3)
      await connect(first, middle)
      await connect(last, middle)
      return { first, middle, last }
    }

    it('reaches a node that is no neighbour, once', async () => {
      const { first, middle, last } = await line('accept')
      let attempt = 0
      await eventually('a message gets through', () => {
        // The mesh forms in the background: what was said before may be lost.
        attempt += 1
        if (attempt % 20 === 1) first.network.broadcast('blocks', utf8(`block ${attempt}`))
        return last.gossip.length > 0
      })
      const message = utf8('a block')
      first.network.broadcast('blocks', message)
      first.network.broadcast('blocks', message)
      const copies = (node: Node) => node.gossip.filter((one) => new TextDecoder().decode(one.message) === 'a block')
      await eventually('the last has it', () => copies(last).length > 0)
      for (let turn = 0; turn < 50; turn++) await world.turn()
      expect([copies(first).length, copies(middle).length, copies(last).length]).toEqual([0, 1, 1])
      expect(copies(last)[0]).toMatchObject({ peer: middle.network.self, channel: 'blocks' })
    })

    it.each(['ignore', 'reject'] as const)('is not forwarded on %s', async (verdict) => {
      const { first, middle, last } = await line(verdict)
      let attempt = 0
      await eventually('the middle hears it', () => {
        attempt += 1
        if (attempt % 20 === 1) first.network.broadcast('evidence', utf8(`evidence ${attempt}`))
        return middle.gossip.length > 0
      })
      for (let turn = 0; turn < 50; turn++) await world.turn()
      expect(last.gossip).toEqual([])
    })
  })
}
