import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { announced, eventually, expectUnharmed, frame, greet, scene, send } from '../../../test/network/hostile-scene.ts'
import { channelBytesMax } from '../../ports/network.ts'

describe('after hello', () => {
  it.each([
    ['/synod/votes/1', 'a vote that is too long', [announced(0, channelBytesMax.consensus + 1)]],
    ['/synod/votes/1', 'a batch among votes', [frame(2, new Uint8Array(1))]],
    ['/synod/votes/1', 'an unknown kind', [frame(200, new Uint8Array(1))]],
    ['/synod/batches/1', 'a batch that is too long', [announced(2, channelBytesMax.batches + 1)]],
    ['/synod/blocks/1', 'random bytes', [Uint8Array.of(9), randomBytes(100_000)]],
    ['/synod/blocks/1', 'a decompression bomb', [frame(3 | 0x40, Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 1, 2))]],
    ['/synod/blocks/1', 'a broken compressed block', [frame(3 | 0x40, Uint8Array.of(0, 0, 0x10, 0, ...randomBytes(200)))]],
    ['/synod/blocks/1', 'a dictionary that is not there', [frame(3 | 0x80, Uint8Array.of(0, 0, 0x10, 0, ...randomBytes(200)))]],
    ['/synod/votes/1', 'a compressed vote', [frame(0x40, new Uint8Array(200))]],
    ['/synod/req/block/1', 'a request without an id', [frame(1, new Uint8Array(3))]],
    ['/synod/req/block/1', 'a request that is too long', [announced(1, 4 + (64 << 10) + 1)]],
    ['/synod/req/block/1', 'an answer where requests are served', [frame(9, new Uint8Array(4))]],
    [
      '/synod/req/status/1',
      'a malformed report of consumption, of an answer that was given',
      [frame(1, new Uint8Array(64 << 10), 1), frame(3, new Uint8Array(2), 2)],
    ],
  ])('%s: %s ends the connection', async (protocol, _name, parts) => {
    const { connection } = await greet()
    await send(connection, protocol, ...parts)
    await eventually(() => scene.misbehaviour.length === 1)
    expect(scene.disconnected).toEqual([expect.stringContaining('broken rule')])
    await expectUnharmed()
  })

  it('a second stream of a class ends the connection', async () => {
    const { connection } = await greet()
    await send(connection, '/synod/votes/1', frame(0, new Uint8Array(1)))
    await send(connection, '/synod/votes/1', frame(0, new Uint8Array(1)))
    await eventually(() => scene.misbehaviour.length === 1)
    await expectUnharmed()
  })

  it('a thousand streams of one connection are a few, and harm nobody', async () => {
    const { connection } = await greet()
    let opened = 0
    await Promise.all(
      Array.from({ length: 1_000 }, () =>
        connection.newStream('/meshsub/1.1.0').then(
          () => {
            opened += 1
          },
          () => undefined,
        ),
      ),
    )
    expect(opened).toBeLessThan(100)
    await expectUnharmed()
  })

  it('half a frame and silence holds up nothing else', async () => {
    const { connection } = await greet()
    await send(connection, '/synod/blocks/1', announced(3, channelBytesMax.blocks), new Uint8Array(10))
    await send(connection, '/synod/votes/1', frame(0, new Uint8Array(1)))
    await eventually(() => scene.received === 1)
    expect(scene.misbehaviour).toEqual([])
  })

  it('a frame that comes byte by byte is still a frame', async () => {
    const { connection } = await greet()
    const bytes = frame(0, randomBytes(50))
    await send(connection, '/synod/votes/1', ...Array.from(bytes, (_, index) => bytes.subarray(index, index + 1)))
    await eventually(() => scene.received === 1)
  })

  it('answers to no request end the connection', async () => {
    await scene.attacker.handle('/synod/req/block/1', (stream) => void stream.send(frame(1, new Uint8Array(9), 77)))
    await greet()
    const parts = scene.victim.request(scene.attacker.peerId.toString(), 'block', new Uint8Array(1), { timeoutMs: 5_000 })
    await expect(parts[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'REQUEST_FAILED' })
    expect(scene.misbehaviour).toEqual(['an answer to no request'])
    await expectUnharmed()
  })

  it('an answer that does not wait for its consumer ends the connection', async () => {
    const part = frame(1, new Uint8Array(1 << 20), 1)
    await scene.attacker.handle('/synod/req/block/1', (stream) => {
      for (let count = 0; count < 12; count++) stream.send(part)
    })
    await greet()
    // Once the answer is late, what still comes of it breaks no rule: it must be in time on a busy machine.
    const parts = scene.victim.request(scene.attacker.peerId.toString(), 'block', new Uint8Array(1), { timeoutMs: 30_000 })
    await parts[Symbol.asyncIterator]().next()
    await eventually(() => scene.misbehaviour.length === 1)
    expect(scene.misbehaviour).toEqual(['an answer further ahead of its consumer than allowed'])
    await expectUnharmed()
  })

  it('pings of libp2p are echoed, and a flood of them ends the connection', async () => {
    const { connection } = await greet()
    const stream = await connection.newStream('/ipfs/ping/1.0.0')
    let echoed = 0
    stream.addEventListener('message', (event) => {
      echoed += event.data.byteLength
    })
    stream.send(new Uint8Array(32))
    await eventually(() => echoed === 32)
    expect(scene.misbehaviour).toEqual([])
    stream.send(new Uint8Array(16 << 10))
    await eventually(() => connection.status !== 'open')
    expect(scene.misbehaviour).toEqual(['courtesy flood'])
    await expectUnharmed()
  })

  it('a request flood is refused beyond the limit, and answered below it', async () => {
    const { connection } = await greet()
    const stream = await connection.newStream('/synod/req/status/1')
    let answers = 0
    stream.addEventListener('message', (event) => {
      answers += event.data.byteLength
    })
    for (let id = 1; id <= 2_000; id++) stream.send(frame(1, new Uint8Array(1), id))
    await eventually(() => answers > 2_000 * 8)
    expect(scene.misbehaviour).toEqual([])
  })

  it('a peer that never reads is dropped by its queue, not by memory', async () => {
    await scene.attacker.handle('/synod/blocks/1', (stream) => stream.pause())
    await greet()
    const peer = scene.attacker.peerId.toString()
    const message = new Uint8Array(channelBytesMax.blocks)
    let sent = 0
    for (let turn = 0; turn < 50; turn++) {
      while (scene.victim.send(peer, 'blocks', message)) sent += 1
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(sent).toBeLessThan(16)
    expect(scene.victim.send(peer, 'consensus', new Uint8Array(1))).toBe(true)
  })
})
