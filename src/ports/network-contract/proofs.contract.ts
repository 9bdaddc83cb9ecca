import { describe, expect, it } from 'vitest'
import { utf8 } from '../../primitives/bytes.ts'
import type { NetworkHandlers } from '../network.ts'
import type { Node, Stage } from './stage.contract.ts'

export function proofsContract({ start, eventually, run, connect }: Stage): void {
  describe('proofs', () => {
    const wants = { onHello: () => ({ proofWithinMs: 2_000 }), onProof: () => ({ accept: true }) as const }
    const dialFrom = (from: Node, to: Node) => run(from.network.connect(to.network.addresses()[0] as string))

    it.each([
      ['the dialler', 0],
      ['the listener', 1],
      ['both', 2],
    ])('are made and judged before anybody is a peer: %s', async (_, who) => {
      const proofs: string[] = []
      const prover: Partial<NetworkHandlers> = {
        prove: async (_peer, hello, { id, direction }) =>
          utf8(`${direction} ${typeof id} proof on ${new TextDecoder().decode(hello)}`),
      }
      const judge: Partial<NetworkHandlers> = {
        onHello: () => ({ proofWithinMs: 2_000 }),
        onProof(_peer, proof, { direction }) {
          proofs.push(`${direction}: ${new TextDecoder().decode(proof)}`)
          return { accept: true }
        },
      }
      const alice = await start(1, { ...(who !== 1 && prover), ...(who !== 0 && judge) })
      const bob = await start(2, { ...(who !== 0 && prover), ...(who !== 1 && judge) })
      await connect(alice, bob)
      const [byAlice, byBob] = ['inbound: outbound number proof on hello of 2', 'outbound: inbound number proof on hello of 1']
      expect(new Set(proofs)).toEqual(new Set([[byAlice], [byBob], [byAlice, byBob]][who]))
      expect([alice.connected, bob.connected]).toEqual([[bob.network.self], [alice.network.self]])
      alice.network.send(bob.network.self, 'consensus', utf8('a vote'))
      await eventually('it arrives', () => bob.messages.length === 1)
    })

    it('that do not hold are refused with the reason', async () => {
      const bob = await start(2, { ...wants, onProof: () => ({ accept: false, reason: 'not hard enough' }) })
      const alice = await start(1, { prove: async () => utf8('proof') })
      await expect(dialFrom(alice, bob)).rejects.toMatchObject({
        code: 'DIAL_FAILED',
        message: expect.stringContaining('not hard enough'),
      })
      expect([alice.connected, bob.connected]).toEqual([[], []])
    })

    it.each<[string, Partial<NetworkHandlers>]>([
      ['never come', {}],
      ['come too late', { prove: () => new Promise(() => undefined) }],
    ])('that %s are refused', async (_, behaviour) => {
      const bob = await start(2, { ...wants, onHello: () => ({ proofWithinMs: 50 }) })
      const alice = await start(1, behaviour)
      await expect(dialFrom(alice, bob)).rejects.toMatchObject({ code: 'DIAL_FAILED' })
      expect([alice.connected, bob.connected]).toEqual([[], []])
    })

    it('that cannot be made end the connection with the reason', async () => {
      const bob = await start(2, wants)
      const alice = await start(1, { prove: async () => Promise.reject(new Error('too much is asked')) })
      await expect(dialFrom(alice, bob)).rejects.toMatchObject({
        code: 'DIAL_FAILED',
        message: expect.stringContaining('too much is asked'),
      })
      expect(bob.connected).toEqual([])
    })

    it('that nobody asked for break the rules', async () => {
      const bob = await start(2)
      const alice = await start(1, { prove: async () => utf8('proof') })
      await dialFrom(alice, bob).catch(() => undefined)
      await eventually('it is noticed', () => bob.misbehaviour.length === 1)
      await eventually('and ends the connection', () => alice.network.peers().length === 0)
      expect(bob.network.peers()).toEqual([])
    })
  })
}
