import { createPublicKey, hash, verify } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { hash as hashPairs } from '@chainsafe/hashtree'
import { ed25519 as noble } from '@noble/curves/ed25519.js'
import { createSystemVerifier } from '../../adapters/system/system-verifier.ts'
import {
  aggregatePublicKeys,
  aggregateSignatures,
  blsFastAggregateVerify,
  blsKeypair,
  blsSign,
  blsVerify,
  blsVerifyBatch,
} from '../../crypto/bls.ts'
import { ed25519Keypair, ed25519Sign, ed25519Verify } from '../../crypto/ed25519.ts'
import { verifyDetached as verifyInBrowser } from '../../crypto/ed25519-browser.ts'
import { sha256, taggedHash } from '../../crypto/hash.ts'
import { inclusionProof, merkleRoot, verifyInclusion } from '../../crypto/merkle.ts'
import type { SignatureItem } from '../../crypto/verified.ts'
import { assert } from '../../primitives/assert.ts'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'
import { type Figure, figure } from './figure.ts'
import { interleavedMedians } from './interleaved-medians.ts'

/** Short runs, many of them: enough for a median on a machine that does other things too. */
const timing = { warmUpMs: 60, rounds: 7, roundMs: 30 }

/** What signatures and hashes cost on one core, next to the fastest other way to compute the same, and what threads add. */
export async function benchCrypto(): Promise<Figure[]> {
  const ed25519 = ed25519Figures()
  const perCore = ed25519[0]?.value ?? null
  return [...ed25519, ...blsFigures(), ...hashFigures(), ...(await verifierFigures(perCore))]
}

function ed25519Figures(): Figure[] {
  const { item, keypair } = signedTransaction(1)
  const { publicKey, message, signature } = item
  const der = concatBytes(Buffer.from('302a300506032b6570032100', 'hex'), publicKey)
  const keyObject = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
  const ms = interleavedMedians(
    {
      verify: () => ed25519Verify(publicKey, message, signature),
      verifyNode: () => verify(null, message, keyObject, signature),
      verifyBrowser: () => verifyInBrowser(publicKey, message, signature),
      verifyNoble: () => noble.verify(signature, message, publicKey),
      sign: () => ed25519Sign(keypair, message),
    },
    timing,
  )
  return [
    figure('ed25519VerifiesPerSecond', 1000 / ms.verify, '1/s', 1000 / ms.verifyNode),
    figure('ed25519BrowserVerifiesPerSecond', 1000 / ms.verifyBrowser, '1/s', 1000 / ms.verifyNoble),
    figure('ed25519SignsPerSecond', 1000 / ms.sign, '1/s'),
  ]
}

function blsFigures(): Figure[] {
  const block = taggedHash('synod/bench', Uint8Array.of(1))
  const signers = Array.from({ length: 100 }, (_, index) => blsKeypair(taggedHash('synod/bench', Uint8Array.of(index))))
  const keys = signers.map((signer) => signer.publicKey)
  const votes = signers.map((signer) => ({ publicKey: signer.publicKey, message: block, signature: blsSign(signer, block) }))
  const mixed = signers.map((signer, index) => {
    const message = taggedHash('synod/bench', Uint8Array.of(index))
    return { publicKey: signer.publicKey, message, signature: blsSign(signer, message) }
  })
  const signatures = votes.map((vote) => vote.signature)
  const certificate = aggregateSignatures(signatures)
  const [signer, vote] = [signers[0], votes[0]]
  assert(signer !== undefined && vote !== undefined)
  const ms = interleavedMedians(
    {
      sign: () => blsSign(signer, block),
      verify: () => blsVerify(vote.publicKey, vote.message, vote.signature),
      verifyFour: () => blsVerifyBatch(votes.slice(0, 4)),
      verifyVotes: () => blsVerifyBatch(votes),
      verifyMixed: () => blsVerifyBatch(mixed),
      verifyCertificate: () => blsFastAggregateVerify(keys, block, certificate),
      aggregateSignatures: () => aggregateSignatures(signatures),
      aggregateKeys: () => aggregatePublicKeys(keys),
    },
    timing,
  )
  return [
    figure('blsSignMs', ms.sign, 'ms'),
    figure('blsVerifyMs', ms.verify, 'ms'),
    figure('blsVerifyPerVoteOf4Ms', ms.verifyFour / 4, 'ms', ms.verify),
    figure('blsVerifyPerVoteOf100Ms', ms.verifyVotes / 100, 'ms', ms.verify),
    figure('blsVerifyPerMessageOf100Ms', ms.verifyMixed / 100, 'ms', ms.verify),
    figure('blsVerifyCertificateOf100Ms', ms.verifyCertificate, 'ms', ms.verify),
    figure('blsAggregate100SignaturesMs', ms.aggregateSignatures, 'ms'),
    figure('blsAggregate100KeysMs', ms.aggregateKeys, 'ms'),
  ]
}

function hashFigures(): Figure[] {
  const pair = new Uint8Array(64)
  const mebibyte = new Uint8Array(1 << 20)
  const leaves = Array.from({ length: 1000 }, (_, index) => taggedHash('synod/bench', Uint8Array.of(index >> 8, index)))
  // The limit hashes 999 nodes and 1,000 leaves at once, eight in parallel; RFC 6962's prefix byte keeps it from being used.
  const flat = new Uint8Array(1000 * 2 * 64)
  const root = merkleRoot(leaves)
  const proof = inclusionProof(leaves, 500)
  const leaf = leaves[500] as Bytes
  const ms = interleavedMedians(
    {
      hash: () => repeat(100, () => sha256(pair)),
      hashNode: () => repeat(100, () => hash('sha256', pair, 'buffer')),
      bulk: () => sha256(mebibyte),
      bulkNode: () => hash('sha256', mebibyte, 'buffer'),
      root: () => merkleRoot(leaves),
      rootPairs: () => hashPairs(flat),
      inclusion: () => verifyInclusion({ leaf, proof, root }),
    },
    timing,
  )
  return [
    figure('sha256Of64BytesPerSecond', 100_000 / ms.hash, '1/s', 100_000 / ms.hashNode),
    figure('sha256MBPerSecond', (1 << 20) / 1000 / ms.bulk, 'MB/s', (1 << 20) / 1000 / ms.bulkNode),
    figure('merkleRootOf1000Ms', ms.root, 'ms', ms.rootPairs),
    figure('inclusionProofOf1000VerifyMs', ms.inclusion, 'ms'),
  ]
}

/** A block's worth of signatures through the Verifier port, and how long they keep everything else in the process waiting. */
async function verifierFigures(perCore: number | null): Promise<Figure[]> {
  const items = Array.from({ length: 2000 }, (_, index) => signedTransaction(index).item)
  const figures: Figure[] = []
  for (const workers of [0, 1, 2]) {
    const rssBefore = process.memoryUsage().rss
    const verifier = createSystemVerifier({ workers })
    // Threads start when there is work for them, while the main thread goes on.
    for (const end = performance.now() + 500; performance.now() < end; ) await verifier.ed25519(items)
    const runs: { readonly ms: number; readonly lagMs: number }[] = []
    for (let round = 0; round < 9; round++) runs.push(await timed(() => verifier.ed25519(items)))
    const rssMb = (process.memoryUsage().rss - rssBefore) / 1e6
    await verifier.stop()
    const perSecond = (items.length / median(runs.map(({ ms }) => ms))) * 1000
    figures.push(figure(`verifier${workers}WorkersPerSecond`, perSecond, '1/s', perCore))
    figures.push(figure(`verifier${workers}WorkersLoopLagMs`, median(runs.map(({ lagMs }) => lagMs)), 'ms'))
    figures.push(figure(`verifier${workers}WorkersRssMb`, rssMb, 'MB'))
  }
  return figures
}

/** The duration, and the longest time by which a timer of a millisecond came late. */
async function timed(work: () => Promise<readonly boolean[]>): Promise<{ readonly ms: number; readonly lagMs: number }> {
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  const start = performance.now()
  const verdicts = await work()
  const ms = performance.now() - start
  delays.disable()
  assert(verdicts.every(Boolean), 'good signatures verify')
  return { ms, lagMs: Math.max(0, delays.max / 1e6 - 1) }
}

function signedTransaction(index: number): { readonly item: SignatureItem; readonly keypair: ReturnType<typeof ed25519Keypair> } {
  const keypair = ed25519Keypair(taggedHash('synod/bench', Uint8Array.of(index >> 8, index)))
  const message = taggedHash('synod/bench', keypair.publicKey)
  return { keypair, item: { publicKey: keypair.publicKey, message, signature: ed25519Sign(keypair, message) } }
}

function repeat(times: number, work: () => unknown): unknown {
  let last: unknown
  for (let time = 0; time < times; time++) last = work()
  return last
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((left, right) => left - right)
  return sorted[sorted.length >> 1] as number
}
