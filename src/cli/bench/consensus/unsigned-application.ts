import type { Application } from '../../../application/application.ts'
import { ok, reject } from '../../../primitives/result.ts'

/** How many values there are: about as many as the transfers' bench has accounts in play. */
export const unsignedKeys = 1000

/**
 * A table of values: each transaction names one in its first two bytes and replaces it. A state machine whose transactions carry no
 * signature, so that what is measured is everything else a transaction costs.
 */
export const unsignedApplication: Application = {
  name: 'unsigned',
  initChain: () => undefined,
  decodeTransaction(encoded) {
    if (encoded.length < 10) return reject('CODEC_TRUNCATED', 'at least 10 bytes')
    return ok({ fee: 0n, expiryHeight: Number.MAX_SAFE_INTEGER, signatures: [], content: encoded })
  },
  checkTx: () => ok(undefined),
  executeBlock({ transactions }, state) {
    const results = transactions.map(({ encoded }) => {
      state.set(Uint8Array.of(1, encoded[0] as number, encoded[1] as number), encoded)
      return { code: 0, data: new Uint8Array(0), events: [] }
    })
    return { results, validatorUpdates: [] }
  },
}
