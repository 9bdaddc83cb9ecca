import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Ports } from './ports.ts'

/** Keeps the node connected to the peers its configuration names: dials, and dials again with growing, jittered pauses. */
export interface Dialer {
  start(): void
  /** A connection ended: its address is due again. */
  lost(peer: PeerId): void
  stop(): void
}

const firstPauseMs = 200
const pauseMaxMs = 30_000

export function createDialer(ports: Ports, addresses: readonly string[]): Dialer {
  const { clock, entropy, network, telemetry } = ports
  const connected = new Map<PeerId, string>()
  const timers = new Set<Timer>()
  let stopped = false

  function dial(address: string, failures: number): void {
    if (stopped) return
    network.connect(address).then(
      (peer) => void connected.set(peer, address),
      (error: unknown) => {
        if (stopped) return
        telemetry.log(failures === 3 ? 'warn' : 'debug', 'a configured peer does not answer', { address, error: String(error) })
        later(address, failures + 1)
      },
    )
  }

  /** Between half and the whole of a pause that doubles with every failure. */
  function later(address: string, failures: number): void {
    const pause = Math.min(pauseMaxMs, firstPauseMs * 2 ** Math.min(failures, 20))
    const jitter = (entropy.bytes(1)[0] as number) / 255
    const timer = clock.schedule(Math.round(pause * (0.5 + jitter / 2)), () => {
      timers.delete(timer)
      dial(address, failures)
    })
    timers.add(timer)
  }

  return {
    start() {
      for (const address of addresses) dial(address, 0)
    },
    lost(peer) {
      const address = connected.get(peer)
      connected.delete(peer)
      if (address !== undefined && !stopped) later(address, 0)
    },
    stop() {
      stopped = true
      for (const timer of timers) timer.cancel()
    },
  }
}
