import type { Application } from '../../../application/application.ts'
import { sha256 } from '../../../crypto/hash.ts'
import { ok, reject } from '../../../primitives/result.ts'

/** Stores each transaction's bytes under their hash: a state machine whose transactions carry no signature. */
export const unsignedApplication: Application = {
  name: 'unsigned',
  initChain: () => undefined,
  decodeTransaction(encoded) {
    if (encoded.length < 8) return reject('CODEC_TRUNCATED', 'at least 8 bytes')
    return ok({ fee: 0n, expiryHeight: Number.MAX_SAFE_INTEGER, signatures: [], content: encoded })
  },
  checkTx: () => ok(undefined),
  executeBlock({ transactions }, state) {
    const results = transactions.map(({ encoded }) => {
      const key = new Uint8Array(33)
      key[0] = 1
      key.set(sha256(encoded), 1)
      state.set(key, encoded)
      return { code: 0, data: new Uint8Array(0), events: [] }
    })
    return { results, validatorUpdates: [] }
  },
}
