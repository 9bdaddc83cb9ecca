import { batchMessageSchema } from '../chain/batch-message.ts'
import { encode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import type { BatchPacker, PackedBatch } from '../mempool/batch-packer.ts'
import type { BatchPool } from '../mempool/batch-pool.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { BatchSharing } from './batch-sharing.ts'
import type { MessageTrace } from './message-trace.ts'
import type { Ports } from './ports.ts'

/** Packs what clients brought to this node, and pushes each batch to every peer, once. */
export interface BatchPusher {
  /** Something was given to the packer: it goes out when a batch is full, or after a moment. */
  filled(): void
  /** Packs what waits now. */
  flush(): void
  stop(): void
}

const packDelayMs = 10

export function createBatchPusher(options: {
  ports: Pick<Ports, 'clock' | 'network' | 'telemetry'>
  packer: BatchPacker
  pool: Pick<BatchPool, 'add'>
  sharing: Pick<BatchSharing, 'known' | 'meetAgain'>
  trace: MessageTrace
  height: () => number
  onLost: (ids: readonly Hash[]) => void
}): BatchPusher {
  const { packer, pool, sharing, trace } = options
  const { clock, network, telemetry } = options.ports
  let timer: Timer | undefined

  function pack(): void {
    timer?.cancel()
    timer = undefined
    for (const batch of packer.flush()) {
      const lost = pool.add(batch, { height: options.height(), wanted: true })
      if (lost.length > 0) options.onLost(lost)
      telemetry.count('synod_batches_total', 1, { way: 'packed' })
      notePacked(trace, batch)
      const message = encode(batchMessageSchema, { type: 'push', encoded: batch.encoded })
      for (const { id } of network.peers()) push(id, batch.hash, message)
    }
  }

  function push(peer: PeerId, hash: Hash, message: Bytes): void {
    if (sharing.known.has(peer, hash)) return
    if (!network.send(peer, 'batches', message)) return sharing.meetAgain(peer)
    sharing.known.add(peer, hash)
    telemetry.count('synod_batch_bytes_total', message.length, { direction: 'out' })
    trace.note('pushed', hash, { peer })
  }

  return {
    filled() {
      if (packer.full) pack()
      else if (!packer.empty) timer ??= clock.schedule(packDelayMs, pack)
    },
    flush() {
      if (!packer.empty) pack()
    },
    stop: () => timer?.cancel(),
  }
}

function notePacked(trace: MessageTrace, { hash, transactions }: PackedBatch): void {
  trace.note('packed', hash)
  for (const { id } of transactions) trace.noteTransaction('packed', id, { within: hash })
}
