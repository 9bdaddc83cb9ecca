/**
 * A thread that does nothing but check signatures. It says that it has started with a message of no bytes, and then answers
 * packed items with a byte for each verdict.
 */
import { parentPort } from 'node:worker_threads'
import { blsVerifyBatch } from '../../crypto/bls.ts'
import { ed25519Verify } from '../../crypto/ed25519.ts'
import { assert } from '../../primitives/assert.ts'
import { type PackedSignatures, unpackSignatures } from './signature-packing.ts'

const port = parentPort
assert(port !== null, 'a verification worker is started as a worker thread')

port.on('message', (packed: PackedSignatures) => {
  const items = unpackSignatures(packed)
  const verdicts =
    packed.scheme === 'bls'
      ? blsVerifyBatch(items)
      : items.map(({ publicKey, message, signature }) => ed25519Verify(publicKey, message, signature))
  const answer = Uint8Array.from(verdicts, Number)
  port.postMessage(answer, [answer.buffer])
})

port.postMessage(new Uint8Array(0))
