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
  /** Which peer answered at each address. Two addresses may lead to one peer. */
  const connected = new Map<string, PeerId>()
  const timers = new Set<Timer>()
  let stopped = false

  function dial(address: string, failures: number): void {
    if (stopped) return
    network.connect(address).then(
      (peer) => {
        connected.set(address, peer)
        // The connection may have ended before we came to hear of it.
        if (!network.peers().some(({ id }) => id === peer)) lost(peer)
      },
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

  function lost(peer: PeerId): void {
    for (const [address, id] of [...connected]) {
      if (id !== peer || stopped) continue
      connected.delete(address)
      later(address, 0)
    }
  }

  return {
    start() {
      for (const address of addresses) dial(address, 0)
    },
    lost,
    stop() {
      stopped = true
      for (const timer of timers) timer.cancel()
    },
  }
}
