/** What every implementation of `Network` must do, as tests. Each implementation's own test file calls it with a world of its own. */
import { afterEach, describe, expect, it } from 'vitest'
import { refusal, refusalUntil } from '../peers/refusal.ts'
import { AssertionError } from '../primitives/assert.ts'
import { type Bytes, utf8 } from '../primitives/bytes.ts'
import {
  type Channel,
  channelBytesMax,
  channels,
  type Network,
  type NetworkHandlers,
  noTraffic,
  type PeerId,
  type RequestProtocol,
  refusalOf,
  requestBytesMax,
  responsePartBytesMax,
  type Verdict,
} from './network.ts'

export interface NetworkWorld {
  /** A network that listens once started, the same identity for the same index, following all gossip channels. */
  make(index: number): Promise<Network>
  /** An address leads to whom it names, as through a relay, and so to nobody else. */
  readonly findsByName?: true
  /** An address at which nobody listens. */
  readonly deadAddress: string
  /** Lets a millisecond or so pass. */
  turn(): Promise<void>
}

/** A network under test, with all that happened to it. */
interface Node {
  readonly network: Network
  readonly connected: PeerId[]
  readonly disconnected: { peer: PeerId; reason: string }[]
  readonly messages: { peer: PeerId; channel: Channel; message: Bytes }[]
  readonly gossip: { peer: PeerId; channel: Channel; message: Bytes }[]
  readonly misbehaviour: string[]
}

const patienceTurns = 5_000

export function networkContract(name: string, world: NetworkWorld): void {
  describe(name, () => {
    const running: Network[] = []

    afterEach(async () => {
      await run(Promise.all(running.splice(0).map((network) => network.stop())))
    })

    async function start(index: number, behaviour: Partial<NetworkHandlers> = {}): Promise<Node> {
      const node: Node = {
        network: await world.make(index),
        connected: [],
        disconnected: [],
        messages: [],
        gossip: [],
        misbehaviour: [],
      }
      await run(
        node.network.start({
          hello: () => utf8(`hello of ${index}`),
          onHello: () => ({ accept: true }),
          onConnected: (peer) => void node.connected.push(peer.id),
          onDisconnected: (peer, reason) => void node.disconnected.push({ peer: peer.id, reason }),
          onMessage: (peer, channel, message) => void node.messages.push({ peer, channel, message }),
          onGossip(peer, channel, message) {
            node.gossip.push({ peer, channel, message })
            return 'accept'
          },
          async *onRequest(_peer, _protocol, message) {
            yield message
          },
          onMisbehaviour: (_peer, what) => void node.misbehaviour.push(what),
          ...behaviour,
        }),
      )
      running.push(node.network)
      return node
    }

    async function eventually(what: string, condition: () => boolean): Promise<void> {
      for (let turn = 0; turn < patienceTurns; turn++) {
        if (condition()) return
        await world.turn()
      }
      expect.fail(`it never happened: ${what}`)
    }

    /** Lets time pass until a promise settles. */
    async function run<T>(promise: Promise<T>): Promise<T> {
      let settled = false
      const settle = () => {
        settled = true
      }
      promise.then(settle, settle)
      await eventually('a promise settles', () => settled)
      return promise
    }

    async function connect(from: Node, to: Node): Promise<PeerId> {
      const peer = await run(from.network.connect(to.network.addresses()[0] as string))
      await eventually('both see the connection', () => to.network.peers().some(({ id }) => id === from.network.self))
      return peer
    }

    async function pair(behaviour: Partial<NetworkHandlers> = {}): Promise<{ alice: Node; bob: Node }> {
      const alice = await start(1)
      const bob = await start(2, behaviour)
      await connect(alice, bob)
      return { alice, bob }
    }

    async function collect(parts: AsyncIterable<Bytes>): Promise<Bytes[]> {
      const all: Bytes[] = []
      for await (const part of parts) all.push(part)
      return all
    }

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

    describe('requests', () => {
      it('are answered in parts, in order', async () => {
        const { alice, bob } = await pair({
          async *onRequest(_peer, protocol, message) {
            yield utf8(protocol)
            yield message
            yield new Uint8Array(0)
            yield new Uint8Array(responsePartBytesMax)
          },
        })
        const parts = await run(
          collect(alice.network.request(bob.network.self, 'block', new Uint8Array(requestBytesMax), { timeoutMs: 10_000 })),
        )
        expect(parts.map((part) => part.length)).toEqual([5, requestBytesMax, 0, responsePartBytesMax])
      })

      it('run side by side, each with its own answer', async () => {
        const { alice, bob } = await pair()
        const ask = (index: number) =>
          collect(alice.network.request(bob.network.self, 'status', utf8(`${index}`), { timeoutMs: 10_000 }))
        const answers = await run(Promise.all(Array.from({ length: 100 }, (_, index) => ask(index))))
        expect(answers.map(([part]) => Number(new TextDecoder().decode(part)))).toEqual(
          Array.from({ length: 100 }, (_, index) => index),
        )
      })

      it.each([
        [refusalUntil('PEER_OVER_BUDGET', 600), { code: 'PEER_OVER_BUDGET', text: '600', retryMs: 600 }],
        [refusalUntil('PEER_BUSY', 3_000), { code: 'PEER_BUSY', text: '3000', retryMs: 3_000 }],
        [refusal('REQUEST_MALFORMED', 'CODEC_TYPE'), { code: 'REQUEST_MALFORMED', text: 'CODEC_TYPE', retryMs: undefined }],
        [refusal('REQUEST_NOT_FOUND', 'no such block'), { code: 'REQUEST_NOT_FOUND', text: 'no such block', retryMs: undefined }],
        [refusal('REQUEST_UNSUPPORTED', 'not here'), { code: 'REQUEST_UNSUPPORTED', text: 'not here', retryMs: undefined }],
        [new Error('the disk of somebody'), { code: 'REQUEST_INTERNAL', text: '', retryMs: undefined }],
      ])('carry the code of a refusal, and what comes with it: %s', async (thrown, expected) => {
        const { alice, bob } = await pair({
          // biome-ignore lint/correctness/useYield: it refuses before it answers
          async *onRequest() {
            throw thrown
          },
        })
        const answer = collect(alice.network.request(bob.network.self, 'block', utf8('7'), { timeoutMs: 10_000 }))
        const error: unknown = await run(answer).catch((cause: unknown) => cause)
        expect(error).toMatchObject({ code: 'REQUEST_FAILED' })
        expect(refusalOf(error)).toEqual(expected)
        expect(String(error)).not.toContain('somebody')
      })

      it('time out', async () => {
        const { alice, bob } = await pair({
          onRequest: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
        })
        const answer = collect(alice.network.request(bob.network.self, 'block', utf8('7'), { timeoutMs: 50 }))
        await expect(run(answer)).rejects.toMatchObject({ code: 'REQUEST_FAILED' })
      })

      it('are cancelled when the consumer stops', async () => {
        let isFinished = false
        const { alice, bob } = await pair({
          async *onRequest() {
            try {
              for (;;) yield new Uint8Array(1 << 10)
            } finally {
              isFinished = true
            }
          },
        })
        const parts = alice.network.request(bob.network.self, 'batch', utf8(''), { timeoutMs: 10_000 })
        await run(
          (async () => {
            for await (const part of parts) if (part.length > 0) break
          })(),
        )
        await eventually('the responder stops', () => isFinished)
      })

      it('hold back a responder whose consumer is slow', async () => {
        let produced = 0
        const { alice, bob } = await pair({
          async *onRequest() {
            for (; produced < 400; produced++) yield new Uint8Array(64 << 10)
          },
        })
        const parts = alice.network.request(bob.network.self, 'block', utf8(''), { timeoutMs: 30_000 })[Symbol.asyncIterator]()
        await run(parts.next())
        let before = -1
        await eventually('the responder stands still', () => {
          const isStill = before === produced
          before = produced
          return isStill && produced > 1
        })
        expect(produced).toBeLessThan(400)
        let received = 1
        while ((await run(parts.next())).done !== true) received += 1
        expect(received).toBe(400)
      })

      it('fail when the peer is not there, or goes away', async () => {
        const { alice, bob } = await pair({
          onRequest: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
        })
        const toNobody = collect(alice.network.request('nobody', 'block', utf8(''), { timeoutMs: 1_000 }))
        await expect(run(toNobody)).rejects.toMatchObject({ code: 'REQUEST_FAILED' })
        const answer = collect(alice.network.request(bob.network.self, 'block', utf8(''), { timeoutMs: 10_000 }))
        bob.network.disconnect(alice.network.self, 'bye')
        await expect(run(answer)).rejects.toMatchObject({ code: 'REQUEST_FAILED', message: expect.stringContaining('bye') })
      })
    })

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
  })
}
