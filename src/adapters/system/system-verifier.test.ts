import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { blsKeypair, blsSign } from '../../crypto/bls.ts'
import { ed25519Keypair, ed25519Sign, ed25519Verify } from '../../crypto/ed25519.ts'
import type { SignatureItem } from '../../crypto/verified.ts'
import { type Bytes, fromHex, utf8 } from '../../primitives/bytes.ts'
import { createSystemVerifier, type SystemVerifier, verificationWorkers } from './system-verifier.ts'

const account = ed25519Keypair(new Uint8Array(32).fill(1))
const validator = blsKeypair(new Uint8Array(32).fill(1))

function transactions(count: number, isBad: (index: number) => boolean = () => false): readonly SignatureItem[] {
  return Array.from({ length: count }, (_, index) => {
    const message = utf8(`transaction ${index}`)
    const signature = ed25519Sign(account, isBad(index) ? utf8('another') : message)
    return { publicKey: account.publicKey, message, signature }
  })
}

function votes(count: number, isBad: (index: number) => boolean = () => false): readonly SignatureItem[] {
  return Array.from({ length: count }, (_, index) => {
    const message = utf8(`vote ${index % 2}`)
    const signature = blsSign(validator, isBad(index) ? utf8('another') : message)
    return { publicKey: validator.publicKey, message, signature }
  })
}

let running: SystemVerifier | undefined
afterEach(() => running?.stop())

function start(options: Parameters<typeof createSystemVerifier>[0]): SystemVerifier {
  running = createSystemVerifier(options)
  return running
}

/** A verifier whose threads have all started. */
async function startThreads(workers: number): Promise<SystemVerifier> {
  const started: Promise<unknown>[] = []
  const onWorker = (thread: Worker) => started.push(new Promise((resolve) => thread.once('message', resolve)))
  process.on('worker', onWorker)
  const verifier = start({ workers })
  await verifier.ed25519(transactions(100))
  process.off('worker', onWorker)
  expect(started.length).toBe(workers)
  await Promise.all(started)
  return verifier
}

describe.each([0, 1, 2])('the verifier with %i threads', (workers) => {
  it.each([0, 1, 8, 9, 128, 129, 700])('answers %i Ed25519 signatures in order', async (count) => {
    const isBad = (index: number) => index % 3 === 1
    const verdicts = await (await startThreads(workers)).ed25519(transactions(count, isBad))
    expect(verdicts).toEqual(Array.from({ length: count }, (_, index) => !isBad(index)))
  })

  it.each([0, 1, 3, 33, 70])('answers %i BLS signatures in order', async (count) => {
    const isBad = (index: number) => index === 2 || index === 34
    const verdicts = await (await startThreads(workers)).bls(votes(count, isBad))
    expect(verdicts).toEqual(Array.from({ length: count }, (_, index) => !isBad(index)))
  })

  it('answers many calls at once, each with its own verdicts', async () => {
    const verifier = await startThreads(workers)
    const calls = Array.from({ length: 60 }, (_, call) => transactions(call % 12, (index) => index === call % 5))
    const answers = await Promise.all([verifier.bls(votes(5)), ...calls.map((items) => verifier.ed25519(items))])
    expect(answers[0]).toEqual([true, true, true, true, true])
    for (const [call, items] of calls.entries()) expect(answers[call + 1]).toEqual(items.map((_, index) => index !== call % 5))
  })

  it('answers what was asked before it stops, and refuses what comes after', async () => {
    const verifier = await startThreads(workers)
    const asked = verifier.ed25519(transactions(300))
    const stopped = verifier.stop()
    expect(verifier.stop()).toBe(stopped)
    await expect(verifier.bls(votes(1))).rejects.toMatchObject({ code: 'VERIFIER_UNAVAILABLE' })
    expect(await asked).toEqual(new Array(300).fill(true))
    await stopped
  })

  it('refuses what would not fit its queue, and goes on with the rest', async () => {
    const verifier = start({ workers, waitingMax: 20 })
    const first = verifier.ed25519(transactions(15))
    await expect(verifier.ed25519(transactions(6))).rejects.toMatchObject({ code: 'VERIFIER_UNAVAILABLE' })
    expect(await first).toEqual(new Array(15).fill(true))
    expect(await verifier.ed25519(transactions(6))).toEqual(new Array(6).fill(true))
  })

  it('takes bytes of any length for a bad signature', async () => {
    const lengths = [0, 1, 31, 33, 47, 49, 63, 65, 95, 97, 1000]
    const items = lengths.map((length) => ({
      publicKey: new Uint8Array(length),
      message: new Uint8Array(0),
      signature: new Uint8Array(length),
    }))
    const verifier = await startThreads(workers)
    expect(await verifier.ed25519(items)).toEqual(lengths.map(() => false))
    expect(await verifier.bls(items)).toEqual(lengths.map(() => false))
  })

  it('checks votes before the transactions that came first', async () => {
    const verifier = await startThreads(workers)
    const order: string[] = []
    const slow = verifier.ed25519(transactions(1500)).then(() => order.push('transactions'))
    const fast = verifier.bls(votes(1)).then(() => order.push('votes'))
    await Promise.all([slow, fast])
    expect(order).toEqual(['votes', 'transactions'])
  })
})

describe('the verifier on the main thread', () => {
  it('lets others run between its slices', async () => {
    const verifier = start({ workers: 0 })
    let turns = 0
    let done = false
    const turn = () => {
      turns += 1
      if (!done) setImmediate(turn)
    }
    setImmediate(turn)
    await verifier.ed25519(transactions(2000))
    done = true
    expect(turns).toBeGreaterThan(5)
  })
})

describe('a thread', () => {
  it('has work while the main thread is busy', async () => {
    const verifier = await startThreads(1)
    let done = false
    const asked = verifier.ed25519(transactions(1500)).then(() => (done = true))
    await new Promise((resolve) => setImmediate(resolve))
    const stone = new Int32Array(new SharedArrayBuffer(4))
    let pauses = 0
    for (; !done; pauses++) {
      Atomics.wait(stone, 0, 0, 200)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await asked
    // One for each chunk, if a thread were given the next only after the answer to the last.
    expect(pauses).toBeLessThan(1500 / 128)
  })
})

describe('a thread that dies', () => {
  it('takes no answer with it', async () => {
    const lost: Error[] = []
    const created = new Promise<Worker>((resolve) => process.once('worker', resolve))
    const verifier = start({ workers: 1, onWorkerLost: (error) => lost.push(error) })
    expect(await verifier.ed25519(transactions(100))).toEqual(new Array(100).fill(true))
    const thread = await created
    await new Promise((resolve) => thread.once('message', resolve))

    const asked = verifier.ed25519(transactions(500, (index) => index === 400))
    await new Promise((resolve) => setImmediate(resolve))
    await thread.terminate()
    expect(await asked).toEqual(Array.from({ length: 500 }, (_, index) => index !== 400))
    expect(lost.length).toBe(1)
    expect(await verifier.bls(votes(2))).toEqual([true, true])
  })
})

const folder = join(import.meta.dirname, '../../../../shared/vectors/ed25519')

describe.skipIf(!existsSync(folder))('the verifier’s threads (skipped without ../shared/vectors)', () => {
  it('have the policy of the main thread in all 914 edge cases', async () => {
    const cases = JSON.parse(readFileSync(join(folder, 'cctv-ed25519.json'), 'utf8')) as {
      key: string
      sig: string
      msg: string
    }[]
    const items = cases.map(({ key, sig, msg }) => ({
      publicKey: fromHex(key) as Bytes,
      message: utf8(msg),
      signature: fromHex(sig) as Bytes,
    }))
    const here = items.map((item) => ed25519Verify(item.publicKey, item.message, item.signature))
    const verifier = await startThreads(1)
    expect(await verifier.ed25519(items)).toEqual(here)
    expect(here.filter(Boolean).length).toBe(43)
  })
})

it.each([
  [1, 0],
  [2, 1],
  [4, 2],
  [64, 4],
])('with %i cores there are %i threads by default', (cores, workers) => {
  expect(verificationWorkers(cores)).toBe(workers)
})
