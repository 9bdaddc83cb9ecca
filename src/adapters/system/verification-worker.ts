/**
 * A thread that does nothing but check signatures. It says that it has started with an empty message, and then answers each task with a
 * byte for each verdict: votes first, whatever came before them.
 */
import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import { blsVerifyBatch } from '../../crypto/bls.ts'
import { ed25519Verify } from '../../crypto/ed25519.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { type PackedSignatures, unpackSignatures } from './signature-packing.ts'

export interface VerificationTask {
  readonly job: number
  readonly packed: PackedSignatures
}

export interface VerificationAnswer {
  readonly job: number
  readonly verdicts: Bytes
}

const port = parentPort
assert(port !== null, 'a verification worker is started as a worker thread')
const waiting: Record<PackedSignatures['scheme'], VerificationTask[]> = { bls: [], ed25519: [] }

port.on('message', (task: VerificationTask) => {
  waiting[task.packed.scheme].push(task)
  for (let next = nextTask(); next; next = nextTask()) {
    const verdicts = verify(next.packed)
    const answer: VerificationAnswer = { job: next.job, verdicts }
    port.postMessage(answer, [verdicts.buffer])
  }
})

/** After a look at what has come meanwhile: a vote must not wait for all the transactions that came before it. */
function nextTask(): VerificationTask | undefined {
  assert(port !== null, 'the port stays')
  for (let come = receiveMessageOnPort(port); come; come = receiveMessageOnPort(port)) {
    const task = come.message as VerificationTask
    waiting[task.packed.scheme].push(task)
  }
  return waiting.bls.shift() ?? waiting.ed25519.shift()
}

function verify(packed: PackedSignatures): Uint8Array<ArrayBuffer> {
  const items = unpackSignatures(packed)
  const verdicts =
    packed.scheme === 'bls'
      ? blsVerifyBatch(items)
      : items.map(({ publicKey, message, signature }) => ed25519Verify(publicKey, message, signature))
  return Uint8Array.from(verdicts, Number)
}

port.postMessage(undefined)
