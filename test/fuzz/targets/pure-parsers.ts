/** What strangers' bytes meet besides the codec: frames, certificates, proofs, addresses. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Der from '../../../src/adapters/libp2p/der.ts'
import type * as Frames from '../../../src/adapters/libp2p/frame.ts'
import type * as KeyShare from '../../../src/adapters/libp2p/key-share.ts'
import type * as StunMessages from '../../../src/adapters/nat/stun-message.ts'
import type * as Ledger from '../../../src/application/ledger/decode-transaction.ts'
import type * as StateProofs from '../../../src/application/state-tree/proof.ts'
import type * as Compression from '../../../src/codec/compression.ts'
import type * as Addresses from '../../../src/crypto/address.ts'
import type * as Merkle from '../../../src/crypto/merkle.ts'
import type { Target } from '../fuzz.ts'

const root = join(import.meta.dirname, '../../..')
const load = async <T>(path: string) => (await import(pathToFileURL(join(root, path)).href)) as T
const utf8 = (text: string) => new TextEncoder().encode(text)

export async function parserTargets(): Promise<Target[]> {
  return [
    await frameReader(),
    await serverHello(),
    await certificateFields(),
    await accountAddress(),
    await ledgerTransaction(),
    await inclusionProof(),
    await stateProof(),
    await compressedMessage(),
    await stunMessage(),
  ]
}

/** The first byte of the input says how the rest is cut into chunks. */
async function frameReader(): Promise<Target> {
  const { createFrameReader } = await load<typeof Frames>('src/adapters/libp2p/frame.ts')
  const bytesMax = 300
  return {
    name: 'FrameReader',
    bytesMax: 1024,
    seeds: [Uint8Array.of(3, 1, 0, 0, 2, 7, 7, 2, 0, 0, 0), Uint8Array.of(1, 2, 0, 1, 0, ...new Uint8Array(256))],
    run(input) {
      const reader = createFrameReader((kind) => (kind > 8 ? undefined : bytesMax))
      const step = 1 + ((input[0] ?? 0) % 64)
      for (let start = 1; start < input.length; start += step) {
        reader.push(input.slice(start, start + step))
        for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
          if (frame.payload.length > bytesMax || frame.kind > 8) throw new Error('a frame past its limits came through')
        }
        if (reader.violation !== undefined) break
      }
      if (reader.consumed > input.length) throw new Error('more was read than there was')
    },
  }
}

async function serverHello(): Promise<Target> {
  const { negotiatedGroup } = await load<typeof KeyShare>('src/adapters/libp2p/key-share.ts')
  const hello = new Uint8Array(90)
  hello.set([22, 3, 3, 0, 85, 2, 0, 0, 81, 3, 3])
  hello.set([0, 0x13, 0x01, 0, 0, 12, 0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0x11, 0xec], 43)
  return { name: 'ServerHello', bytesMax: 512, seeds: [hello], run: (bytes) => void negotiatedGroup(bytes) }
}

/** A certificate is refused by throwing an `Error` that says why; anything else thrown is a fault of ours. */
async function certificateFields(): Promise<Target> {
  const { derChildren, derElement, der } = await load<typeof Der>('src/adapters/libp2p/der.ts')
  const nested = der(0x30, der(0x30, der(0x06, Uint8Array.of(1, 2)), der(0x04, new Uint8Array(140))), der(0x02, Uint8Array.of(5)))
  const walk = (bytes: Uint8Array, depth: number): void => {
    for (const child of derChildren(derElement(bytes, 0))) {
      if (depth > 0 && child.tag === 0x30) walk(bytes.subarray(0, child.size), depth - 1)
    }
  }
  return {
    name: 'CertificateFields',
    bytesMax: 1024,
    seeds: [nested],
    run(bytes) {
      try {
        walk(bytes, 4)
      } catch (error) {
        if (!(error instanceof Error) || error.message !== 'malformed DER') throw error
      }
    },
  }
}

async function accountAddress(): Promise<Target> {
  const { decodeAddress, encodeAddress } = await load<typeof Addresses>('src/crypto/address.ts')
  const valid = encodeAddress('synod', new Uint8Array(20).fill(7))
  return {
    name: 'AccountAddress',
    bytesMax: 128,
    seeds: [utf8(valid), utf8(valid.toUpperCase())],
    run(bytes) {
      const text = Buffer.from(bytes).toString('latin1')
      const decoded = decodeAddress('synod', text)
      if (decoded.ok && encodeAddress('synod', decoded.value) !== text.toLowerCase()) throw new Error('it has two spellings')
    },
  }
}

async function ledgerTransaction(): Promise<Target> {
  const { decodeLedgerTransaction } = await load<typeof Ledger>('src/application/ledger/decode-transaction.ts')
  const chainId = new Uint8Array(32)
  type ChainId = Parameters<typeof decodeLedgerTransaction>[0]
  return {
    name: 'LedgerTransaction',
    bytesMax: 2048,
    seeds: [Uint8Array.of(0x97, 0xc4, 32, ...chainId)],
    run: (bytes) => void decodeLedgerTransaction(chainId as ChainId, bytes),
  }
}

/** Whatever is declared, no more than the limit comes out, and exactly what was declared. */
async function compressedMessage(): Promise<Target> {
  const { compress, decompress } = await load<typeof Compression>('src/codec/compression.ts')
  const bytesMax = 8 << 10
  const texts = [new Uint8Array(2048), new Uint8Array(4096).map((_, index) => (index * index) >> 5)]
  return {
    name: 'CompressedMessage',
    bytesMax: 1024,
    seeds: texts.map((text) => compress(text)).filter((packed) => packed !== undefined),
    run(bytes) {
      const result = decompress(bytes, bytesMax)
      if (result.ok && result.value.length > bytesMax) throw new Error('more came out than may')
    },
  }
}

async function inclusionProof(): Promise<Target> {
  const { merkleRoot, inclusionProof: prove, verifyInclusion } = await load<typeof Merkle>('src/crypto/merkle.ts')
  const leaves = Array.from({ length: 5 }, (_, index) => Uint8Array.of(index))
  const root = merkleRoot(leaves)
  const { path } = prove(leaves, 3)
  return {
    name: 'InclusionProof',
    bytesMax: 512,
    seeds: [Uint8Array.of(3, 5, ...path.flatMap((hash) => [...hash]))],
    run(bytes) {
      const [index = 0, size = 0] = bytes
      const hashes: Uint8Array[] = []
      for (let start = 2; start + 32 <= bytes.length; start += 32) hashes.push(bytes.slice(start, start + 32))
      const proof = { index, size, path: hashes } as Merkle.InclusionProof
      const isOther =
        hashes.length !== path.length || hashes.some((hash, at) => !Buffer.from(hash).equals(path[at] as Uint8Array))
      // Which of several trees of one root it was, the proof does not bind; what leads to the root, it does.
      if (verifyInclusion({ leaf: Uint8Array.of(3), root, proof }) && isOther) throw new Error('another path leads to the root')
    },
  }
}

async function stateProof(): Promise<Target> {
  const { verifyStateProof } = await load<typeof StateProofs>('src/application/state-tree/proof.ts')
  const root = new Uint8Array(32).fill(1)
  return {
    name: 'StateProof',
    bytesMax: 1024,
    seeds: [new Uint8Array(96), new Uint8Array(65)],
    run(bytes) {
      const siblings: Uint8Array[] = []
      for (let start = 1; start + 32 <= bytes.length; start += 32) siblings.push(bytes.slice(start, start + 32))
      const other = (bytes[0] ?? 0) & 1 ? { path: siblings[0] ?? root, valueHash: siblings[1] ?? root } : undefined
      const proof = { siblings, other } as Parameters<typeof verifyStateProof>[3]
      if (verifyStateProof(root, Uint8Array.of(1), Uint8Array.of(2), proof))
        throw new Error('a value is proved that nobody wrote')
    },
  }
}

/** What is read is in bounds, and is read the same again once it is written. */
async function stunMessage(): Promise<Target> {
  const { decodeStun, encodeStun } = await load<typeof StunMessages>('src/adapters/nat/stun-message.ts')
  const transactionId = new Uint8Array(12).fill(7)
  const [ipv4, ipv6] = [
    { host: '203.0.113.7', port: 26_600 },
    { host: '2001:db8::7', port: 3478 },
  ]
  return {
    name: 'StunMessage',
    bytesMax: 1600,
    seeds: [
      encodeStun({ kind: 'success', transactionId, mapped: ipv4, origin: ipv6, other: ipv4 }),
      encodeStun({ kind: 'error', transactionId, errorCode: 420 }),
      encodeStun({ kind: 'request', transactionId, change: { address: true, port: true } }),
    ],
    run(bytes) {
      const decoded = decodeStun(bytes)
      if (!decoded.ok) return
      const again = decodeStun(encodeStun(decoded.value))
      if (!again.ok || JSON.stringify(again.value) !== JSON.stringify(decoded.value)) throw new Error('it is read another way')
    },
  }
}
