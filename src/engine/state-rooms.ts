import { lightCapability } from '../light/light-block.ts'
import type { PeerId } from '../ports/network.ts'
import type { Rejection } from '../primitives/result.ts'
import { snapshotCapability } from '../sync/snapshot-message.ts'
import { createDiskKeeper } from './disk-keeper.ts'
import type { Foundation, NodeOptions } from './foundation.ts'
import type { Handshake } from './handshake.ts'
import { createPeerLightClient } from './peer-light-client.ts'
import { createSnapshotServer } from './snapshot-server.ts'
import { createStateSync, type StateSync } from './state-sync.ts'

/** Those who look after the state as a whole. */
export function openStateRooms(
  foundation: Foundation,
  options: NodeOptions,
  rooms: {
    readonly handshake: Handshake
    readonly onRejection: (peer: PeerId, rejection: Rejection) => void
    readonly onFailure: (error: unknown) => void
    readonly onBegin: () => Promise<void>
    readonly onEnd: () => void
  },
) {
  const { chain, ports } = foundation
  const { intervalBlocks, kept } = options.snapshots ?? { intervalBlocks: 0, kept: 0 }
  const capabilities = (peer: PeerId): readonly string[] => rooms.handshake.of(peer)?.capabilities ?? []
  const { stateSync: settings } = options
  const stateSync: StateSync | undefined =
    settings &&
    createStateSync({
      ...foundation,
      ...settings,
      serves: (peer) => capabilities(peer).includes(snapshotCapability),
      verifiedHeader: createPeerLightClient({
        ports,
        chainId: foundation.chainId,
        trust: settings.trust,
        serves: (peer) => capabilities(peer).includes(lightCapability),
        onRejection: rooms.onRejection,
      }).verifiedHeader,
      ...rooms,
    })
  return {
    snapshots: createSnapshotServer({ chain, intervalBlocks }),
    diskKeeper: createDiskKeeper({
      chain,
      store: foundation.store,
      telemetry: ports.telemetry,
      snapshotsKept: kept,
      onFailure: rooms.onFailure,
    }),
    stateSync,
  }
}
