import { type Application, type Bytes, ok, reject } from 'synod'

interface Pair {
  readonly key: Bytes
  readonly value: Bytes
}

const nothing = new Uint8Array(0)

/**
 * A map that anyone may write to: a transaction is the text `key=value`, unsigned and free of charge, and the last one wins. Keys that
 * begin with a zero byte are the node's own.
 */
export const application: Application<Pair> = {
  name: 'key-value',
  initChain: () => undefined,
  decodeTransaction(encoded) {
    const equals = encoded.indexOf(0x3d)
    if (equals < 1 || encoded[0] === 0) return reject('TX_MALFORMED', 'a transaction is key=value')
    const content = { key: encoded.slice(0, equals), value: encoded.slice(equals + 1) }
    return ok({ fee: 0n, expiryHeight: Number.MAX_SAFE_INTEGER, signatures: [], content })
  },
  checkTx: () => ok(undefined),
  executeBlock({ transactions }, state) {
    for (const { content } of transactions) state.set(content.key, content.value)
    return { results: transactions.map(() => ({ code: 0, data: nothing, events: [] })), validatorUpdates: [] }
  },
  query: (_path, key, state) => ok(state.get(key) ?? nothing),
}
