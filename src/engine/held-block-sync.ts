import type { PeerId } from '../ports/network.ts'
import type { BlockSync } from './block-sync.ts'

/** Block sync that hears of nobody's height while something else moves the chain, and of all of them after it. */
export interface HeldBlockSync {
  readonly sync: BlockSync
  release(): void
}

export function holdBlockSync(sync: BlockSync, isHeld: () => boolean): HeldBlockSync {
  /** What there is to be told of each peer. */
  const told = new Map<PeerId, { meet: () => void; heard: () => void }>()
  const entryOf = (peer: PeerId) => {
    const entry = told.get(peer) ?? { meet: () => undefined, heard: () => undefined }
    told.set(peer, entry)
    return entry
  }
  /** Whatever else block sync tells is told by itself. */
  const held: BlockSync = Object.create(sync, {
    active: { get: () => isHeld() || sync.active },
    meet: {
      value(...given: Parameters<BlockSync['meet']>) {
        if (isHeld()) entryOf(given[0]).meet = () => sync.meet(...given)
        else sync.meet(...given)
      },
    },
    heard: {
      value(...given: Parameters<BlockSync['heard']>) {
        if (isHeld()) entryOf(given[0]).heard = () => sync.heard(...given)
        else sync.heard(...given)
      },
    },
    forget: {
      value(peer: PeerId) {
        told.delete(peer)
        sync.forget(peer)
      },
    },
  })
  return {
    sync: held,
    release() {
      for (const { meet, heard } of told.values()) {
        meet()
        heard()
      }
      told.clear()
    },
  }
}
