import { isDeepStrictEqual } from 'node:util'
import { hexToBytes } from '@noble/hashes/utils.js'
import { Packr } from 'msgpackr'
import { blockSchema } from '../../chain/block.ts'
import { type Transaction, transactionSchema, transactionSignBytes, type UnsignedTransaction } from '../../chain/transaction.ts'
import { decode, encode } from '../../codec/codec.ts'
import { ed25519Keypair, ed25519Sign } from '../../crypto/ed25519.ts'
import { sha256 } from '../../crypto/hash.ts'
import { assert } from '../../primitives/assert.ts'
import { concatBytes, utf8 } from '../../primitives/bytes.ts'
import type { Result } from '../../primitives/result.ts'
import { type Figure, figure } from './figure.ts'
import { interleavedMedians } from './interleaved-medians.ts'
import { blockToJson, jsonDecoder, type OpenBlock } from './json-block.ts'

const transfers = 1000

/**
 * A block of 1,000 signed transfers, from bytes to the same objects and back: our codec, JSON as APIs write it, and msgpackr. JSON is
 * read with the hexadecimal decoder that wallets use, in Node and browsers alike, and once more with Node's own `Buffer`. msgpackr
 * is given the objects as they are (maps) and, as the limit, the very bytes of our encoding, of which it checks nothing.
 */
export async function benchCodec(): Promise<Figure[]> {
  const block = sampleBlock()
  const encoded = encodeBlock(block)
  const json = blockToJson(block)
  const packr = new Packr({ useRecords: false, int64AsType: 'bigint' })
  const packed = packr.pack(block)
  const positional = decodeUnchecked(packr, encoded)
  const decodeJson = jsonDecoder(hexToBytes)
  const decodeJsonByBuffer = jsonDecoder(bufferBytes)
  for (const decoded of [decodeBlock(encoded), decodeJson(json), decodeJsonByBuffer(json)]) {
    assert(isDeepStrictEqual(decoded, block), 'a decoder returned another block')
  }

  const ms = interleavedMedians(
    {
      decode: () => decodeBlock(encoded),
      decodeJson: () => decodeJson(json),
      decodeJsonByBuffer: () => decodeJsonByBuffer(json),
      decodeMsgpackr: () => packr.unpack(packed),
      decodeUnchecked: () => decodeUnchecked(packr, encoded),
      encode: () => encodeBlock(block),
      encodeJson: () => blockToJson(block),
      encodeMsgpackr: () => packr.pack(block),
      encodeUnchecked: () => encodeUnchecked(packr, positional),
    },
    { warmUpMs: 300, rounds: 7, roundMs: 60 },
  )
  const speed = (milliseconds: number) => encoded.length / 1000 / milliseconds
  return [
    figure('blockBytes', encoded.length, 'B'),
    figure('sizeRatioToJson', encoded.length / json.length, '×'),
    figure('sizeRatioToMsgpackr', encoded.length / packed.length, '×'),
    figure('decodeMBPerSecond', speed(ms.decode), 'MB/s', speed(ms.decodeUnchecked)),
    figure('encodeMBPerSecond', speed(ms.encode), 'MB/s', speed(ms.encodeUnchecked)),
    figure('decodeMs', ms.decode, 'ms'),
    figure('decodeJsonMs', ms.decodeJson, 'ms'),
    figure('decodeRatioToJson', ms.decodeJson / ms.decode, '×'),
    figure('decodeRatioToJsonByNodeBuffer', ms.decodeJsonByBuffer / ms.decode, '×'),
    figure('decodeRatioToMsgpackr', ms.decodeMsgpackr / ms.decode, '×'),
    figure('encodeRatioToJson', ms.encodeJson / ms.encode, '×'),
    figure('encodeRatioToMsgpackr', ms.encodeMsgpackr / ms.encode, '×'),
  ]
}

/** As a node does it: a block carries its transactions as bytes, and each is decoded by itself. */
function decodeBlock(encoded: Uint8Array): OpenBlock {
  const { header, lastCommit, evidence, transactions } = sound(decode(blockSchema, encoded))
  return { header, lastCommit, evidence, transactions: transactions.map((each) => sound(decode(transactionSchema, each))) }
}

function encodeBlock(block: OpenBlock): Uint8Array {
  return encode(blockSchema, { ...block, transactions: block.transactions.map((each) => encode(transactionSchema, each)) })
}

/** A block as it stands on the wire: arrays in place of objects. */
type Positional = readonly [header: unknown, lastCommit: unknown, evidence: unknown, transactions: readonly unknown[]]

function decodeUnchecked(packr: Packr, encoded: Uint8Array): Positional {
  const [header, lastCommit, evidence, transactions] = packr.unpack(encoded)
  return [header, lastCommit, evidence, transactions.map((each: Uint8Array) => packr.unpack(each))]
}

function encodeUnchecked(packr: Packr, [header, lastCommit, evidence, transactions]: Positional): Uint8Array {
  return packr.pack([header, lastCommit, evidence, transactions.map((each) => packr.pack(each))])
}

function sound<T>(result: Result<T>): T {
  assert(result.ok, 'the sample does not decode')
  return result.value
}

function bufferBytes(hex: string): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(hex, 'hex')
  return new Uint8Array(buffer, byteOffset, length)
}

function sampleBlock(): OpenBlock {
  const hash = (name: string) => sha256(utf8(name))
  const signature = concatBytes(hash('signature'), hash('of a'), hash('committee'))
  const header: OpenBlock['header'] = {
    version: 1,
    chainId: hash('chain'),
    height: 1_234_567,
    time: 1_790_000_000_000,
    previousHash: hash('previous'),
    previousCommitHash: hash('previous commit'),
    transactionsRoot: hash('transactions'),
    validatorsHash: hash('validators'),
    nextValidatorsHash: hash('validators'),
    parametersHash: hash('parameters'),
    appHash: hash('app'),
    resultsHash: hash('results'),
    evidenceHash: hash('evidence'),
    orderHash: hash('order'),
    proposer: signature.subarray(0, 48),
  }
  const lastCommit = { height: 1_234_566, round: 0, blockHash: header.previousHash, signers: Uint8Array.of(0x0f), signature }
  const transactions = Array.from({ length: transfers }, (_, index) => sampleTransfer(header.chainId, index))
  return { header, lastCommit, evidence: [], transactions }
}

/** One in four carries a memo of 16 bytes. */
function sampleTransfer(chainId: Uint8Array, index: number): Transaction {
  const seed = sha256(utf8(`account ${index}`))
  const keypair = ed25519Keypair(seed)
  const memo = index % 4 === 0 ? seed.slice(0, 16) : new Uint8Array(0)
  const unsigned: UnsignedTransaction = {
    chainId,
    sender: keypair.publicKey,
    nonce: index * 7,
    fee: 1000n + BigInt(index),
    expiryHeight: 1_234_600,
    operations: [{ type: 'transfer', to: seed.slice(0, 20), amount: BigInt(index) * 1_000_000_007n, memo }],
  }
  return { ...unsigned, signature: ed25519Sign(keypair, transactionSignBytes(unsigned)) }
}
