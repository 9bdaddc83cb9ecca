import { transactionId } from '../../chain/block.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { transactionSchema, transactionSignBytes } from '../../chain/transaction.ts'
import { encode } from '../../codec/codec.ts'
import { addressOf } from '../../crypto/address.ts'
import { type Ed25519Keypair, ed25519Sign } from '../../crypto/ed25519.ts'
import { toHex } from '../../primitives/bytes.ts'

/** A few real transfers a second, and how long each took to become final as seen from outside the nodes. */
export interface LightLoad {
  readonly finalityMs: readonly number[]
  readonly finalised: number
  /** A block became final: some of the transfers on their way may be in it. */
  onBlock(ids: readonly string[], atMs: number): void
  stop(): void
}

const samplesMax = 100_000
/** The devnet's own least fee, with room. */
const feeUnits = 10_000n

export function startLightLoad(options: {
  chainId: ChainId
  accounts: readonly Ed25519Keypair[]
  urls: readonly string[]
  perSecond: number
}): LightLoad {
  const { chainId, accounts, urls, perSecond } = options
  const nonces = accounts.map(() => 0)
  const waiting = new Map<string, number>()
  const finalityMs: number[] = []
  let finalised = 0
  let turn = 0

  async function sendOne(): Promise<void> {
    const from = turn % accounts.length
    const url = urls[turn % urls.length] as string
    turn++
    const keypair = accounts[from] as Ed25519Keypair
    const to = addressOf((accounts[turn % accounts.length] as Ed25519Keypair).publicKey)
    const unsigned = {
      chainId,
      sender: keypair.publicKey,
      nonce: nonces[from] as number,
      fee: feeUnits,
      expiryHeight: Number.MAX_SAFE_INTEGER,
      operations: [{ type: 'transfer' as const, to, amount: 1_000_000n, memo: new Uint8Array(0) }],
    }
    nonces[from] = unsigned.nonce + 1
    const encoded = encode(transactionSchema, { ...unsigned, signature: ed25519Sign(keypair, transactionSignBytes(unsigned)) })
    const id = toHex(transactionId(encoded))
    waiting.set(id, performance.now())
    try {
      const body = JSON.stringify({ transactions: [toHex(encoded)] })
      const response = await fetch(new URL('/v1/transactions', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      const { results } = (await response.json()) as { results?: readonly { readonly id?: string }[] }
      if (results?.[0]?.id === undefined) throw new Error('refused')
    } catch {
      // The node is down or refused it: the same nonce is used again.
      waiting.delete(id)
      nonces[from] = Math.min(nonces[from] as number, unsigned.nonce)
    }
  }

  const timer = perSecond > 0 ? setInterval(() => void sendOne(), 1000 / perSecond) : undefined

  return {
    finalityMs,
    get finalised() {
      return finalised
    },
    onBlock(ids, atMs) {
      for (const id of ids) {
        const sentAt = waiting.get(id)
        if (sentAt === undefined) continue
        waiting.delete(id)
        finalised++
        if (finalityMs.length < samplesMax) finalityMs.push(atMs - sentAt)
      }
    },
    stop: () => clearInterval(timer),
  }
}
