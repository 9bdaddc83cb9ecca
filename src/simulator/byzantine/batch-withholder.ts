import { batchSchema } from '../../chain/batch.ts'
import { batchMessageSchema } from '../../chain/batch-message.ts'
import { decode, encode } from '../../codec/codec.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { withHandlers } from './eavesdrop.ts'
import type { Liar } from './liar.ts'

/** How often it sends a spoilt batch instead of none. */
const spoils = 0.3

/** Proposes blocks of batches that it never shows to anybody, or shows with a bad signature among them. */
export const batchWithholder: Liar = (context) => {
  const { random, spec } = context
  const withholding = withHandlers(context.ports, (handlers) => ({
    ...handlers,
    async *onRequest(peer, protocol, message) {
      if (protocol === 'batch') return
      yield* handlers.onRequest(peer, protocol, message)
    },
  }))
  const { network } = withholding
  // Where transactions are not signed, a changed one is merely another.
  const signs = spec.application.name === 'ledger'

  return {
    ...withholding,
    network: {
      ...network,
      send(peer, channel, bytes) {
        if (channel !== 'batches') return network.send(peer, channel, bytes)
        const spoilt = signs && random.chance(spoils) ? spoil(bytes) : undefined
        return spoilt === undefined || network.send(peer, channel, spoilt)
      },
    },
  }
}

/** The last transaction's last byte belongs to its signature. */
function spoil(message: Bytes): Bytes | undefined {
  const decoded = decode(batchMessageSchema, message)
  if (!decoded.ok || decoded.value.type !== 'push') return undefined
  const batch = decode(batchSchema, decoded.value.encoded)
  const last = batch.ok ? batch.value.transactions.at(-1)?.slice() : undefined
  if (!batch.ok || !last) return undefined
  last[last.length - 1] = (last[last.length - 1] as number) ^ 1
  const transactions = [...batch.value.transactions.slice(0, -1), last]
  return encode(batchMessageSchema, { type: 'push', encoded: encode(batchSchema, { transactions }) })
}
