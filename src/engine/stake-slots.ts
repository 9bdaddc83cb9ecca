import type { Application } from '../application/application.ts'
import type { AccountKey } from '../chain/identifiers.ts'
import type { PeerId } from '../ports/network.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import type { Chain } from './chain.ts'
import type { Ports } from './ports.ts'

/** Which peers speak for stake: one at a time for each network key, as long as the chain says that stake stands behind the key. */
export interface StakeSlots {
  /** What stands behind a key in the latest final state, in the application's own units; 0n: nothing. */
  stakeOf(networkKey: AccountKey): bigint
  /** Gives the key's slot to the peer. False when another peer has it. */
  claim(networkKey: AccountKey, peer: PeerId): boolean
  isStaked(peer: PeerId): boolean
  release(peer: PeerId): void
}

export function createStakeSlots(options: { ports: Ports; application: Application; chain: Chain }): StakeSlots {
  const { ports, application, chain } = options
  const holders = new Map<string, PeerId>()
  const keys = new Map<PeerId, Bytes>()
  /** Of the height at which they were read: peers are asked about more often than blocks come. */
  let stakes = new Map<string, bigint>()
  let readAt = -1

  function stakeOf(networkKey: AccountKey): bigint {
    const { height } = chain.tip()
    if (height !== readAt) stakes = new Map()
    readAt = height
    const name = bytesKey(networkKey)
    // A stranger may ask about any number of keys: only those of connected peers are worth remembering.
    const stake = stakes.get(name) ?? application.stakeOfNetworkKey?.(chain.state.reader(), networkKey) ?? 0n
    if (holders.has(name)) stakes.set(name, stake)
    return stake
  }

  function release(peer: PeerId): void {
    const key = keys.get(peer)
    if (key === undefined) return
    keys.delete(peer)
    holders.delete(bytesKey(key))
  }

  return {
    stakeOf,
    claim(networkKey, peer) {
      const name = bytesKey(networkKey)
      const holder = holders.get(name)
      // Whoever has proved the key and came to nothing afterwards holds no slot.
      const isTaken = holder !== undefined && holder !== peer && ports.network.peers().some(({ id }) => id === holder)
      if (isTaken) return false
      if (holder !== undefined) release(holder)
      release(peer)
      holders.set(name, peer)
      keys.set(peer, networkKey.slice())
      return true
    },
    isStaked(peer) {
      const key = keys.get(peer)
      return key !== undefined && stakeOf(key) > 0n
    },
    release,
  }
}
