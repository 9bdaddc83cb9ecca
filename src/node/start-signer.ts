import { peerIdOf } from '../adapters/libp2p/peer-id.ts'
import { startSignerServer } from '../adapters/signer/signer-server.ts'
import type { ChainId } from '../chain/identifiers.ts'
import { openSignerDesk } from '../engine/signer-desk.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { openDataDirectory } from './data-directory.ts'
import { createLocalSigner } from './local-signer.ts'
import { signerIdentityOf } from './signer-identity.ts'

/** A process that holds a validator's keys and its own last-signed record, and signs for nodes that it is told of. */
export interface RunningSigner {
  /** What nodes name it by. */
  readonly peer: string
  readonly port: number
  readonly keys: readonly Bytes[]
  /** Resolves with what the machine failed at, after which nothing is signed; never, while all is well. */
  readonly failed: Promise<unknown>
  stop(): Promise<void>
}

export async function startSigner(options: {
  dataDirectory: string
  chainId: ChainId
  /** Seeds of the keys there are at present, 32 bytes each. */
  seeds: () => Promise<readonly Bytes[]>
  peerKeySeed: Bytes
  host: string
  port: number
  /** Peer ids of the nodes that may ask. */
  nodes: readonly string[]
  telemetry: Telemetry
}): Promise<RunningSigner> {
  const { telemetry, peerKeySeed, nodes } = options
  const failed = Promise.withResolvers<unknown>()
  const undo: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (let last = undo.pop(); last; last = undo.pop()) await last()
  }
  try {
    const { disk, release } = await openDataDirectory(options.dataDirectory, telemetry)
    undo.push(release)
    const signer = createLocalSigner(options.seeds)
    undo.push(() => signer.stop())
    const keys = await signer.keys()
    if (keys.length === 0) throw new OperationalError('KEY_FILE_MISSING', 'There is no validator key to sign with.')
    const desk = await openSignerDesk({ signer, disk, chainId: options.chainId, nodes: nodes.length })
    const server = await startSignerServer({
      ...options,
      identity: await signerIdentityOf(peerKeySeed),
      allowed: nodes,
      session: desk.session,
      onFailure: failed.resolve,
    })
    undo.push(() => server.stop())
    return { peer: await peerIdOf(peerKeySeed), port: server.port, keys, failed: failed.promise, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
