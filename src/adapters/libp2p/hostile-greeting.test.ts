import { randomBytes } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import type { Connection, Stream } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import {
  accept,
  announced,
  dial,
  eventually,
  expectUnharmed,
  frame,
  greet,
  hello,
  proof,
  provingHello,
  scene,
  send,
} from '../../../test/network/hostile-scene.ts'
import { uint32 } from './frame.ts'

describe('before hello', () => {
  it('a silent peer is dropped in time, and is no peer', async () => {
    const connection = await dial()
    await eventually(() => connection.status !== 'open')
    expect(scene.victim.peers()).toEqual([])
    await expectUnharmed()
  })

  it('half a hello is waited for no longer', async () => {
    const connection = await dial()
    await send(connection, '/synod/hello/1', hello.subarray(0, hello.length - 1))
    await eventually(() => connection.status !== 'open')
    await expectUnharmed()
  })

  it.each([
    ['random bytes', [Uint8Array.of(77), randomBytes(4096)]],
    ['a hello that is too long', [announced(1, (64 << 10) + 1)]],
    ['two hellos', [hello, hello]],
    ['features in the first version', [hello, frame(16, new Uint8Array(4))]],
    ['two verdicts', [accept, accept]],
    ['a verdict of a wrong length', [frame(2, new Uint8Array(7))]],
    ['a proof before any hello', [frame(9, new Uint8Array(8))]],
    ['a proof that nobody asked for', [hello, frame(9, new Uint8Array(8))]],
    ['a proof that is too long', [hello, announced(9, (16 << 10) + 1)]],
    ['an acknowledgement of nothing', [frame(7, uint32(1))]],
  ])('%s: the connection ends', async (_name, parts) => {
    const connection = await dial()
    await send(connection, '/synod/hello/1', ...parts)
    await eventually(() => scene.misbehaviour.length === 1)
    await eventually(() => connection.status !== 'open')
    await expectUnharmed()
  })

  it.each([
    ['a second proof', [provingHello, proof, proof]],
    ['a proof before its hello', [proof, provingHello]],
    ['another hello instead of a proof', [provingHello, hello]],
    ['a stream of votes instead of a proof', [provingHello]],
  ])('where a proof is wanted, %s ends the connection', async (name, parts) => {
    const connection = await dial()
    await send(connection, '/synod/hello/1', ...parts)
    if (parts.length === 1) await send(connection, '/synod/votes/1', frame(0, new Uint8Array(3)))
    await eventually(() => scene.misbehaviour.length === 1)
    await eventually(() => connection.status !== 'open')
    expect([name, scene.received]).toEqual([name, 0])
    await expectUnharmed()
  })

  it.each([
    ['no proof at all', [provingHello, accept]],
    ['half a proof', [provingHello, proof.subarray(0, proof.length - 1)]],
    ['a wrong proof', [provingHello, frame(9, Uint8Array.of(2))]],
    ['a proof behind a wrong one', [provingHello, frame(9, Uint8Array.of(2)), proof, accept]],
  ])('where a proof is wanted, %s leads nowhere, and is told why', async (_name, parts) => {
    const connection = await dial()
    const control = await connection.newStream('/synod/hello/1')
    let heard = ''
    control.addEventListener('message', (event) => {
      heard += new TextDecoder().decode(event.data.subarray())
    })
    for (const part of parts) control.send(part)
    await eventually(() => connection.status !== 'open')
    expect(heard).toMatch(/no proof/)
    expect(scene.victim.peers()).toEqual([])
    await expectUnharmed()
  })

  it.each(['/synod/votes/1', '/synod/blocks/1', '/synod/req/block/1'])('%s is not served', async (protocol) => {
    const connection = await dial()
    await send(connection, protocol, frame(0, new Uint8Array(3)))
    await eventually(() => connection.status !== 'open')
    expect([scene.misbehaviour.length, scene.received]).toEqual([1, 0])
    await expectUnharmed()
  })

  it('a stream that waits for a verdict that never comes ends with its connection', async () => {
    const connection = await dial()
    await send(connection, '/synod/hello/1', hello)
    await send(connection, '/synod/votes/1', frame(0, new Uint8Array(3))).catch(() => undefined)
    await eventually(() => connection.status !== 'open')
    expect(scene.received).toBe(0)
    await expectUnharmed()
  })

  it('gossip is not served', async () => {
    const connection = await dial()
    const stream = await connection.newStream('/meshsub/1.1.0')
    await eventually(() => stream.status !== 'open')
    await expectUnharmed()
  })

  it('identify is answered once', async () => {
    const connection = await dial()
    const answered: number[] = []
    for (const asked of [0, 1]) {
      const stream = await connection.newStream('/ipfs/id/1.0.0')
      stream.addEventListener('message', () => answered.push(asked))
      await eventually(() => stream.readStatus === 'closed')
    }
    expect(new Set(answered)).toEqual(new Set([0]))
    await expectUnharmed()
  })

  it('garbage instead of a handshake changes nothing', async () => {
    const port = Number(/tcp\/(\d+)/.exec(scene.victim.addresses()[0] as string)?.[1])
    for (let index = 0; index < 20; index++) {
      const socket = connectTcp(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.end(randomBytes(1 + index * 100))
    }
    await expectUnharmed()
  })
})

describe('below the streams', () => {
  /** Writes yamux frames as they are. */
  function frames(connection: Connection, count: number, frameOf: (index: number) => number[]): void {
    const { muxer } = connection as unknown as { muxer: { maConn: Stream; handlePing(header: object): void } }
    // The library ends a connection for an answer it did not ask for, so it does not get to see these.
    muxer.handlePing = () => undefined
    try {
      for (let index = 0; index < count; index++) muxer.maConn.send(Uint8Array.from(frameOf(index)))
    } catch {
      // It ended meanwhile.
    }
  }
  const pingFrame = (index: number) => [0, 2, 0, 1, 0, 0, 0, 0, 0, 0, index >> 8, index & 255]
  const openFrame = (index: number) => [0, 1, 0, 1, 0, 0, (2 * index + 1) >> 8, (2 * index + 1) & 255, 0, 0, 0, 0]

  it.each([
    ['pings', pingFrame],
    ['streams', openFrame],
  ])('a flood of %s ends the connection, before hello and after it', async (_name, frameOf) => {
    // Where the machine is slow, the time for a hello may be over before the flood is.
    for (let attempt = 0; attempt < 20 && scene.misbehaviour.length === 0; attempt++) {
      const early = await dial()
      await early.newStream('/synod/hello/1').catch(() => undefined)
      frames(early, 400, (index) => frameOf(index + 1_000))
      await eventually(() => early.status !== 'open')
      await eventually(() => scene.victim.peers().length === 0)
    }
    await eventually(() => scene.misbehaviour.length === 1)
    const { connection } = await greet()
    frames(connection, 400, (index) => frameOf(index + 1_000))
    await eventually(() => connection.status !== 'open')
    expect(scene.misbehaviour).toEqual(['muxer flood', 'muxer flood'])
    expect(scene.disconnected).toEqual(['broken rule: muxer flood'])
    await expectUnharmed()
  })

  it('a hundred pings are answered', async () => {
    const { connection } = await greet()
    const { muxer } = connection as unknown as { muxer: { maConn: Stream } }
    let bytes = 0
    muxer.maConn.addEventListener('message', (event) => {
      bytes += event.data.byteLength
    })
    frames(connection, 100, pingFrame)
    await eventually(() => bytes >= 1_200)
    expect([connection.status, scene.misbehaviour]).toEqual(['open', []])
  })
})
