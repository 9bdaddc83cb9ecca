import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { leastFee } from '../../application/ledger/parameters.ts'
import { parseTokens } from '../../chain/amount.ts'
import type { ChainSpec } from '../../chain/chain-spec.ts'
import { type Operation, transactionSchema, transactionSignBytes, type UnsignedTransaction } from '../../chain/transaction.ts'
import { type Client, createClient } from '../../client/client.ts'
import type { Trust } from '../../client/follow-chain.ts'
import type { TransactionView } from '../../client/views.ts'
import { encode } from '../../codec/codec.ts'
import { type Ed25519Keypair, ed25519Sign } from '../../crypto/ed25519.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { type Bytes, fromHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { answer } from '../frame/answer.ts'
import { apiAddress } from '../frame/api-address.ts'
import { askNode } from '../frame/ask-node.ts'
import type { Console } from '../frame/command.ts'
import { readPassphrase } from '../frame/passphrase.ts'
import { homeOf } from '../frame/shared-options.ts'
import { addressText, openAccountKey } from '../keys/account-keys.ts'
import { currentLedgerParameters } from './ledger-parameters.ts'
import { answerProven, proveTransaction } from './proven-transaction.ts'

/** How every transaction is signed, sent and waited for. */
export interface SigningOptions {
  readonly from: string
  readonly fee: string | undefined
  readonly nonce: number | undefined
  readonly 'expires-in': number
  readonly wait: boolean
  readonly 'wait-seconds': number
  readonly home: string | undefined
  readonly chain: string | undefined
  readonly api: string | undefined
  readonly 'passphrase-file': string | undefined
  readonly json: boolean
}

/** Opens an account key of the home. */
export type OpenKey = (name: string) => Promise<Ed25519Keypair>

/** Where the home's keys are, and what opens them. */
export interface SealedKeys {
  readonly keysDirectory: string
  readonly passphrase: string
}

/** Signs one operation with the key named by `from`, submits it, and waits for it where that is asked for. */
export async function sendOperation({
  options,
  console,
  chain: { spec, trust },
  operationOf,
}: {
  readonly options: SigningOptions
  readonly console: Console
  readonly chain: { readonly spec: ChainSpec; readonly trust: Trust }
  readonly operationOf: (sender: Ed25519Keypair, openKey: OpenKey, keys: SealedKeys) => Promise<Operation>
}): Promise<number> {
  const given = givenFee(options)
  const home = homeOf(options.home, console)
  const { keysDirectory } = await loadNodeConfig({ home, environment: console.environment })
  const passphrase = await readPassphrase({ console, home, file: options['passphrase-file'] })
  const openKey: OpenKey = (name) => openAccountKey(join(keysDirectory, 'accounts'), name, passphrase)
  const keypair = await openKey(options.from)
  const operation = await operationOf(keypair, openKey, { keysDirectory, passphrase })
  const sender = addressText(keypair.publicKey, spec.chain.address_prefix)

  const url = await apiAddress(options, console)
  const client = createClient(url)
  return askNode(url, async () => {
    const [{ nonce }, { height }] = await Promise.all([client.account(sender), client.status()])
    const fee = given ?? leastFee(await currentLedgerParameters(client, spec), [operation])
    const unsigned: UnsignedTransaction = {
      chainId: trust.chainId,
      sender: keypair.publicKey,
      nonce: options.nonce ?? nonce,
      fee,
      expiryHeight: height + options['expires-in'],
      operations: [operation],
    }
    const signature = ed25519Sign(keypair, transactionSignBytes(unsigned))
    const id = await submit(client, encode(transactionSchema, { ...unsigned, signature }))
    if (!options.wait) {
      answer(console, options.json, { id }, [id])
      return 0
    }
    const idBytes = fromHex(id) as Bytes
    const view = await untilFinal(client, idBytes, options['wait-seconds'])
    return answerProven(await proveTransaction(client, idBytes, view, trust), options.json, console)
  })
}

function givenFee({ fee: tokens }: SigningOptions): bigint | undefined {
  if (tokens === undefined) return undefined
  const fee = parseTokens(tokens)
  if (fee === undefined) throw new OperationalError('USAGE_INVALID', 'After --fee stands an amount of tokens, such as 0.000001.')
  return fee
}

async function submit(client: Client, encoded: Bytes): Promise<string> {
  const [result] = await client.submit([encoded])
  if (result && 'id' in result) return result.id
  const detail = result?.detail ? ` (${result.detail})` : ''
  throw new OperationalError('API_REFUSED', `${result?.code ?? 'API_FAILED'}: the node refused the transaction${detail}.`, {
    where: client.url,
  })
}

/** Asks again and again, a little less often each time. */
async function untilFinal(client: Client, id: Bytes, seconds: number): Promise<TransactionView> {
  const deadline = performance.now() + seconds * 1000
  for (let delayMs = 20; performance.now() < deadline; delayMs = Math.min(delayMs * 1.5, 1000)) {
    const view = await client.transaction(id)
    if (view) return view
    await pause(delayMs)
  }
  throw new OperationalError('CLI_WAIT_TIMEOUT', `The transaction was accepted but is not final after ${seconds} s.`, {
    where: client.url,
  })
}
