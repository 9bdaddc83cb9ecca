import { afterEach, expect } from 'vitest'
import { type Bytes, utf8 } from '../../primitives/bytes.ts'
import type { Channel, Network, NetworkHandlers, PeerId } from '../network.ts'

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
export interface Node {
  readonly network: Network
  readonly connected: PeerId[]
  readonly disconnected: { peer: PeerId; reason: string }[]
  readonly messages: { peer: PeerId; channel: Channel; message: Bytes }[]
  readonly gossip: { peer: PeerId; channel: Channel; message: Bytes }[]
  readonly misbehaviour: string[]
}

const patienceTurns = 5_000

/** Networks of one world for the tests of a suite, which all end with their test. */
export interface Stage extends ReturnType<typeof setStage> {}

export function setStage(world: NetworkWorld) {
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

  return { world, start, eventually, run, connect, pair, collect }
}
