/**
 * A peer in WebAssembly, as a web page has one: Nimiq's client, which speaks another chain's protocols over libp2p. What it shares with
 * Synod is all below hello: WebSocket, Noise, yamux. It gets that far, knows whom it reached, and is turned away for want of a hello.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { createLibp2pNetwork } from '../../src/adapters/libp2p/libp2p-network.ts'
import type { StrangerFault } from '../../src/ports/network.ts'

const patience = { timeout: 60_000, interval: 50 }

it('Nimiq’s web client connects over WebSocket and Noise, and leaves as a stranger', async () => {
  const faults: StrangerFault[] = []
  const misbehaviour: string[] = []
  const hosts: string[] = []
  const network = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(7),
    listen: ['/ip4/127.0.0.1/tcp/0/ws'],
    security: ['tls', 'noise'],
    chainTag: 'nimiq',
    limits: { helloTimeoutMs: 1_000 },
  })
  await network.start({
    onInbound({ host }) {
      hosts.push(host)
      return 'admit'
    },
    onStranger: (_connection, fault) => void faults.push(fault),
    hello: () => new Uint8Array(8),
    onHello: () => ({ accept: true }),
    onConnected: () => undefined,
    onDisconnected: () => undefined,
    onMessage: () => undefined,
    onGossip: () => 'ignore',
    async *onRequest(_peer, _protocol, message) {
      yield message
    },
    onMisbehaviour: (_peer, what) => void misbehaviour.push(what),
  })
  const [address = ''] = network.addresses()
  const seed = address.replace(/\/p2p\/.*/, '')
  const client = spawn(process.execPath, [join(import.meta.dirname, 'nimiq-client.ts'), seed], { stdio: 'pipe' })
  let told = ''
  for (const stream of [client.stdout, client.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (told += text))
  }
  try {
    await vi.waitUntil(() => faults.length > 0, patience).catch(() => expect.fail(told.slice(-3_000)))
    // It has verified our identity in the handshake, and says by which id it knows us.
    await vi.waitUntil(() => new RegExp(`Connection established .*${network.self}`).test(told), patience)
    expect(faults[0]).toBe('no hello')
    expect(new Set(hosts)).toEqual(new Set(['127.0.0.1']))
    expect(network.traffic().wire.bytesIn).toBeGreaterThan(200)
    expect([network.peers(), misbehaviour]).toEqual([[], []])
  } finally {
    const ended = new Promise((resolve) => client.once('exit', resolve))
    client.stdin.end()
    client.kill('SIGKILL')
    await ended
    await network.stop()
  }
}, 180_000)
