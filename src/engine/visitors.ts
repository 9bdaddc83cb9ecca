import type { Clock, Timer } from '../ports/clock.ts'
import type { Network, PeerId, PeerInfo } from '../ports/network.ts'

/** Those who are connected here to ask something, and to be nobody's peer. They are few, and go soon. */
export interface Visitors {
  readonly size: number
  has(connectionId: number): boolean
  welcome(visitor: PeerInfo): void
  /** False when it was none. */
  left(connectionId: number): boolean
  stop(): void
}

const visitorsMax = 32
const stayMs = 60_000

export function createVisitors(clock: Clock, network: Pick<Network, 'disconnect'>): Visitors {
  const visitors = new Map<number, { readonly peer: PeerId; readonly leave: Timer }>()
  return {
    get size() {
      return visitors.size
    },
    has: (connectionId) => visitors.has(connectionId),
    welcome({ id, connectionId }) {
      const leave = clock.schedule(stayMs, () => network.disconnect(id, 'the visit is too long'))
      visitors.set(connectionId, { peer: id, leave })
      if (visitors.size <= visitorsMax) return
      const [oldest] = visitors.values()
      if (oldest) network.disconnect(oldest.peer, 'other visitors wait')
    },
    left(connectionId) {
      visitors.get(connectionId)?.leave.cancel()
      return visitors.delete(connectionId)
    },
    stop() {
      for (const { leave } of visitors.values()) leave.cancel()
    },
  }
}
