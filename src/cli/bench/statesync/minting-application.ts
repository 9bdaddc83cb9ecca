import type { Application } from '../../../application/application.ts'
import { type Bytes, utf8 } from '../../../primitives/bytes.ts'
import { ok, reject } from '../../../primitives/result.ts'

interface Minting {
  readonly first: number
  readonly count: number
}

const nothing: Bytes = new Uint8Array(0)
const countMax = 100_000

/** A state that grows by as many entries as a transaction says, each of the size of an account: `mint <first> <count>`. */
export const application: Application<Minting> = {
  name: 'minting',
  initChain: () => undefined,
  decodeTransaction(encoded) {
    const [verb, first, count] = new TextDecoder().decode(encoded).split(' ')
    const content = { first: Number(first), count: Number(count) }
    if (verb !== 'mint' || !Number.isSafeInteger(content.first) || !(content.count <= countMax)) return reject('TX_MALFORMED')
    return ok({ fee: 0n, expiryHeight: Number.MAX_SAFE_INTEGER, signatures: [], content })
  },
  checkTx: () => ok(undefined),
  executeBlock({ transactions }, state) {
    for (const { content } of transactions) {
      for (let index = content.first; index < content.first + content.count; index++) state.set(...entryOf(index))
    }
    return { results: transactions.map(() => ({ code: 0, data: nothing, events: [] })), validatorUpdates: [] }
  },
}

export function entryOf(index: number): [key: Bytes, value: Bytes] {
  return [utf8(`account/${index}`), utf8(`{"balance":${index * 1_000_003},"nonce":${index % 977},"owner":"somebody"}`)]
}
