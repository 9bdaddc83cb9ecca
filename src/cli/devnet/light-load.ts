import { transactionId } from '../../chain/block.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { transactionSchema, transactionSignBytes } from '../../chain/transaction.ts'
import { type Client, createClient } from '../../client/client.ts'
import { encode } from '../../codec/codec.ts'
import { addressOf } from '../../crypto/address.ts'
import { ed25519Sign } from '../../crypto/ed25519.ts'
import { type Bytes, toHex } from '../../primitives/bytes.ts'
import type { DevnetAccount } from './found-devnet.ts'

/** A few real transfers a second, and how long each took to become final as seen from outside the nodes. */
export interface LightLoad {
  readonly finalityMs: readonly number[]
  /** A block became final: some of the transfers on their way may be in it. */
  onBlock(ids: readonly string[], atMs: number): void
  stop(): void
}

interface Sender {
  readonly account: DevnetAccount
  /** Unknown at first, and after a refusal: then the chain is asked. */
  nonce: number | undefined
  busy: boolean
}

const samplesMax = 100_000
const waitingMax = 10_000
/** The devnet's least fee, with room. */
const feeUnits = 10_000n

export function startLightLoad(options: {
  chainId: ChainId
  accounts: readonly DevnetAccount[]
  urls: readonly string[]
  perSecond: number
}): LightLoad {
  const { chainId, perSecond } = options
  const clients = options.urls.map((url) => createClient(url))
  const senders = options.accounts.map((account): Sender => ({ account, nonce: undefined, busy: false }))
  const waiting = new Map<string, number>()
  const finalityMs: number[] = []
  let turn = 0

  /** The next account sends to the one after it, by the next node. A turn that cannot be taken is skipped: a node may be down. */
  async function sendOne(): Promise<void> {
    const place = turn++
    const sender = senders[place % senders.length]
    const receiver = senders[(place + 1) % senders.length]
    const client = clients[place % clients.length]
    if (!sender || !receiver || !client || sender.busy) return
    sender.busy = true
    try {
      sender.nonce ??= (await client.account(sender.account.address)).nonce
      await send(client, transfer(sender.account, receiver.account, sender.nonce))
      sender.nonce++
    } catch {
      sender.nonce = undefined
    } finally {
      sender.busy = false
    }
  }

  async function send(client: Client, encoded: Bytes): Promise<void> {
    const id = toHex(transactionId(encoded))
    if (waiting.size < waitingMax) waiting.set(id, performance.now())
    const [result] = await client.submit([encoded])
    if (result && 'id' in result) return
    waiting.delete(id)
    throw new Error(result?.code ?? 'no answer')
  }

  function transfer(from: DevnetAccount, to: DevnetAccount, nonce: number): Bytes {
    const unsigned = {
      chainId,
      sender: from.keypair.publicKey,
      nonce,
      fee: feeUnits,
      expiryHeight: Number.MAX_SAFE_INTEGER,
      operations: [
        { type: 'transfer' as const, to: addressOf(to.keypair.publicKey), amount: 1_000_000n, memo: new Uint8Array(0) },
      ],
    }
    return encode(transactionSchema, { ...unsigned, signature: ed25519Sign(from.keypair, transactionSignBytes(unsigned)) })
  }

  const timer = perSecond > 0 ? setInterval(() => void sendOne(), 1000 / perSecond) : undefined

  return {
    finalityMs,
    onBlock(ids, atMs) {
      for (const id of ids) {
        const sentAt = waiting.get(id)
        if (sentAt === undefined) continue
        waiting.delete(id)
        if (finalityMs.length < samplesMax) finalityMs.push(atMs - sentAt)
      }
    },
    stop: () => clearInterval(timer),
  }
}
