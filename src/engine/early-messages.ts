import type { PeerId } from '../ports/network.ts'

/**
 * Messages for the next height from peers who are there already. They wait here, unread, for this node to arrive. Whoever sends too
 * many loses its own: a peer sends again what this node turns out to lack.
 */
export interface EarlyMessages<T extends EarlyMessage> {
  hold(message: T): void
  /** All that waited, in order of arrival. */
  release(): readonly T[]
  forget(peer: PeerId): void
}

export interface EarlyMessage {
  readonly peer: PeerId
  /** What it costs to hold. */
  readonly bytes: number
}

export const earlyLimits = { perPeer: 256, bytesPerPeer: 2 << 20, bytes: 32 << 20 } as const

export function createEarlyMessages<T extends EarlyMessage>(): EarlyMessages<T> {
  let held: T[] = []
  let bytes = 0
  const byPeer = new Map<PeerId, { count: number; bytes: number }>()

  return {
    hold(message) {
      const before = byPeer.get(message.peer) ?? { count: 0, bytes: 0 }
      const after = { count: before.count + 1, bytes: before.bytes + message.bytes }
      const { perPeer, bytesPerPeer } = earlyLimits
      if (after.count > perPeer || after.bytes > bytesPerPeer || bytes + message.bytes > earlyLimits.bytes) return
      byPeer.set(message.peer, after)
      bytes += message.bytes
      held.push(message)
    },
    release() {
      const released = held
      held = []
      bytes = 0
      byPeer.clear()
      return released
    },
    forget(peer) {
      bytes -= byPeer.get(peer)?.bytes ?? 0
      byPeer.delete(peer)
      held = held.filter((message) => message.peer !== peer)
    },
  }
}
