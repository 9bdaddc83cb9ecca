import { describe, expect, it } from 'vitest'
import { utf8 } from '../../primitives/bytes.ts'
import type { Stage } from './stage.contract.ts'

export function connectionsContract({ world, start, eventually, run, connect, pair }: Stage): void {
  describe('connections', () => {
    it('greets both ways, and shows each peer to the other', async () => {
      const hellos: string[] = []
      const alice = await start(1)
      const bob = await start(2, {
        onHello(peer, hello) {
          hellos.push(`${peer === alice.network.self} ${new TextDecoder().decode(hello)}`)
          return { accept: true }
        },
      })
      expect(await connect(alice, bob)).toBe(bob.network.self)
      expect(hellos).toEqual(['true hello of 1'])
      expect([alice.connected, bob.connected]).toEqual([[bob.network.self], [alice.network.self]])
      const [peer] = alice.network.peers()
      expect(peer).toMatchObject({ id: bob.network.self, direction: 'outbound' })
      expect(peer?.protection).not.toBe('')
      await eventually('the latency is known', () => alice.network.peers()[0]?.latencyMs !== undefined)
    })

    it('is one connection, however often it is asked for', async () => {
      const { alice, bob } = await pair()
      const address = bob.network.addresses()[0] as string
      const again = await run(Promise.all([alice.network.connect(address), alice.network.connect(address)]))
      expect(again).toEqual([bob.network.self, bob.network.self])
      expect(alice.network.peers()).toHaveLength(1)
      expect(alice.connected).toHaveLength(1)
    })

    it('is one connection when both dial at once', async () => {
      const alice = await start(1)
      const bob = await start(2)
      const dials = [
        alice.network.connect(bob.network.addresses()[0] as string),
        bob.network.connect(alice.network.addresses()[0] as string),
      ]
      expect(await run(Promise.all(dials))).toEqual([bob.network.self, alice.network.self])
      await eventually('each sees one peer', () => alice.network.peers().length === 1 && bob.network.peers().length === 1)
      await eventually('both speak over the same connection', () => {
        const [fromAlice, fromBob] = [alice.network.peers()[0], bob.network.peers()[0]]
        return fromAlice !== undefined && fromBob !== undefined && fromAlice.direction !== fromBob.direction
      })
      alice.network.send(bob.network.self, 'consensus', utf8('a'))
      bob.network.send(alice.network.self, 'consensus', utf8('b'))
      await eventually('messages pass both ways', () => alice.messages.length === 1 && bob.messages.length === 1)
    })

    it('is one connection between any two of a group that all dial at once', async () => {
      const nodes = await Promise.all([1, 2, 3, 4].map((index) => start(index)))
      const dials = nodes.flatMap((from) =>
        nodes.filter((to) => to !== from).map((to) => from.network.connect(to.network.addresses()[0] as string)),
      )
      await run(Promise.all(dials))
      await eventually('all see all', () => nodes.every((node) => node.network.peers().length === 3))
    })

    it('tells the dialler why its hello was refused', async () => {
      const alice = await start(1)
      const bob = await start(2, { onHello: () => ({ accept: false, reason: 'this is another chain' }) })
      const dial = alice.network.connect(bob.network.addresses()[0] as string)
      await expect(run(dial)).rejects.toMatchObject({
        code: 'DIAL_FAILED',
        message: expect.stringContaining('this is another chain'),
      })
      expect([alice.connected, bob.connected, alice.network.peers(), bob.network.peers()]).toEqual([[], [], [], []])
      expect(alice.network.send(bob.network.self, 'consensus', utf8('?'))).toBe(false)
    })

    it('fails when the dialler refuses the hello of the listener', async () => {
      const alice = await start(1, { onHello: () => ({ accept: false, reason: 'not my genesis' }) })
      const bob = await start(2)
      const dial = alice.network.connect(bob.network.addresses()[0] as string)
      await expect(run(dial)).rejects.toMatchObject({ code: 'DIAL_FAILED', message: expect.stringContaining('not my genesis') })
      expect(bob.connected).toEqual([])
    })

    it('tries an address of a peer beside its connection, and connects nobody by it', async () => {
      const said: string[] = []
      const alice = await start(1)
      const bob = await start(2, {
        onHello(_peer, hello, { direction }) {
          said.push(new TextDecoder().decode(hello))
          return said.at(-1) === 'a trial' ? { accept: false, reason: `reached, ${direction}` } : { accept: true }
        },
      })
      await connect(bob, alice)
      const [address = ''] = bob.network.addresses()
      const suffix = world.deadAddress.startsWith('/') ? `/p2p/${bob.network.self}` : ''
      const dial = (at: string) => run(alice.network.dialBack(at, utf8('a trial'), { timeoutMs: 2_000 }))
      expect(await dial(address)).toBe('reached')
      expect(await dial(`${world.deadAddress}${suffix}`)).toBe('unreachable')
      expect(said).toEqual(['hello of 1', 'a trial'])
      expect([alice.connected, bob.connected]).toEqual([[bob.network.self], [alice.network.self]])
      expect([alice.disconnected, bob.disconnected, alice.misbehaviour, bob.misbehaviour]).toEqual([[], [], [], []])
    })

    it.skipIf(world.findsByName)('refuses a peer that is not the one the address names', async () => {
      const alice = await start(1)
      const bob = await start(2)
      const carol = await start(3)
      const address = (bob.network.addresses()[0] as string).replace(bob.network.self, carol.network.self)
      await expect(run(alice.network.connect(address))).rejects.toMatchObject({ code: 'DIAL_FAILED' })
      expect(bob.connected).toEqual([])
    })

    it.each(['', 'nonsense', '/ip4/999.0.0.1/tcp/1', '/unknown/1'])('refuses the address %j', async (address) => {
      const alice = await start(1)
      await expect(run(alice.network.connect(address))).rejects.toMatchObject({ code: 'DIAL_FAILED' })
    })

    it('fails where nobody listens, and can dial again', async () => {
      const alice = await start(1)
      const dial = alice.network.connect(world.deadAddress, { timeoutMs: 1_000 })
      await expect(run(dial)).rejects.toMatchObject({ code: 'DIAL_FAILED' })
      const bob = await start(2)
      expect(await connect(alice, bob)).toBe(bob.network.self)
    })

    it('tells the other side why it ends', async () => {
      const { alice, bob } = await pair()
      alice.network.disconnect(bob.network.self, 'too many peers')
      expect(alice.network.peers()).toEqual([])
      expect(alice.disconnected).toEqual([{ peer: bob.network.self, reason: 'too many peers' }])
      await eventually('the other side knows', () => bob.disconnected.length === 1)
      expect(bob.disconnected[0]).toEqual({ peer: alice.network.self, reason: 'too many peers' })
      expect(bob.network.peers()).toEqual([])
      await connect(alice, bob)
    })
  })
}
