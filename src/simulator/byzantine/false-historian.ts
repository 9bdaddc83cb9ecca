import { bitmapOf } from '../../chain/bitmap.ts'
import { type CertifiedBlock, certifiedBlockSchema } from '../../chain/block-message.ts'
import type { Commit } from '../../chain/certificate.ts'
import { type ConsensusMessage, consensusMessageSchema } from '../../chain/consensus-message.ts'
import { blockHash, type Header } from '../../chain/header.ts'
import { type HeaderRange, headerRangeSchema } from '../../chain/header-message.ts'
import { validatorSet } from '../../chain/validator-set.ts'
import { precommit, voteSignBytes } from '../../chain/vote.ts'
import { decode, encode } from '../../codec/codec.ts'
import type { Schema } from '../../codec/schema.ts'
import { blsSign } from '../../crypto/bls.ts'
import type { Hash } from '../../crypto/hash.ts'
import type { Ports } from '../../engine/ports.ts'
import { type Bytes, bytesEqual } from '../../primitives/bytes.ts'
import { createSimulatedEntropy } from '../random.ts'
import { withHandlers } from './eavesdrop.ts'
import type { Liar, LiarContext } from './liar.ts'

/** How far ahead of the truth it claims to be. */
const boastedHeights = 50
const boasts = 0.3
/** How often it falls silent at the end of an answer, or before the last part: what has come until then must not be held up by it. */
const silences = 0.3
/** How often it tells true headers. */
const truths = 0.5

/** Claims to be far ahead, and tells whoever asks a history that never was, or breaks off at its end, or says nothing at all. */
export const falseHistorian: Liar = (context) => {
  const { random } = context
  const entropy = createSimulatedEntropy(random)

  async function* falsified<T>(parts: AsyncIterable<Bytes>, schema: Schema<T>, falsify: (part: T) => T): AsyncGenerator<Bytes> {
    let held: Bytes | undefined
    for await (const part of parts) {
      if (held) yield held
      const decoded = decode(schema, part)
      held = decoded.ok ? encode(schema, falsify(decoded.value)) : part
    }
    if (random.chance(silences)) return void (await new Promise(() => undefined))
    if (held) yield held
    if (random.chance(0.5)) yield entropy.bytes(100)
    else if (random.chance(silences)) await new Promise(() => undefined)
  }

  const lying = withHandlers(context.ports, (handlers) => ({
    ...handlers,
    onRequest(peer, protocol, message) {
      const parts = handlers.onRequest(peer, protocol, message)
      if (protocol === 'headers') return falsified(parts, headerRangeSchema, (range) => falseRange(context, range))
      return protocol === 'block' ? falsified(parts, certifiedBlockSchema, (block) => falseBlock(context, block)) : parts
    },
  }))
  return boasting(lying, () => random.chance(boasts))
}

/**
 * Another history, whose headers hang together as they should, under a certificate that is none, or the true one under such a one; or the
 * truth, so that its blocks are asked for.
 */
function falseRange(context: LiarContext, range: HeaderRange): HeaderRange {
  const { headers, commit } = range
  if (context.random.chance(truths)) return range
  if (context.random.chance(0.2)) return { headers, commit: forgedCommit(context, commit, commit.blockHash) }
  const told: Header[] = []
  for (const header of headers) {
    const before = told.at(-1)
    told.push({ ...falseHeader(header), ...(before && { previousHash: blockHash(before) }) })
  }
  return { headers: told, commit: forgedCommit(context, commit, blockHash(told.at(-1) as Header)) }
}

function falseBlock(context: LiarContext, { block, commit }: CertifiedBlock): CertifiedBlock {
  if (context.random.chance(0.2)) return { block: { ...block, transactions: [] }, commit }
  const header = falseHeader(block.header)
  return { block: { ...block, header }, commit: forgedCommit(context, commit, blockHash(header)) }
}

/** Everything as it was but for a detail. */
function falseHeader(header: Header): Header {
  return { ...header, time: header.time + 1 }
}

/** Claims to be signed by all, or was signed by one. */
function forgedCommit({ chainId, keypair, spec, random }: LiarContext, { height, round }: Commit, hash: Hash): Commit {
  const { validators } = validatorSet(spec.validators)
  const own = validators.findIndex(({ consensusKey }) => bytesEqual(consensusKey, keypair.publicKey))
  const named = random.chance(0.5) ? validators.keys() : [own]
  const signature = blsSign(keypair, voteSignBytes(chainId, { kind: precommit, height, round, blockHash: hash }))
  return { height, round, blockHash: hash, signers: bitmapOf(new Set(named), validators.length), signature }
}

function boasting(ports: Ports, now: () => boolean): Ports {
  const { network } = ports
  return {
    ...ports,
    network: {
      ...network,
      send(peer, channel, bytes) {
        const decoded = channel === 'consensus' ? decode(consensusMessageSchema, bytes) : undefined
        if (!decoded?.ok || decoded.value.type !== 'round-state' || !now()) return network.send(peer, channel, bytes)
        const { roundState } = decoded.value
        const boast: ConsensusMessage = {
          type: 'round-state',
          roundState: { ...roundState, height: roundState.height + boastedHeights },
        }
        return network.send(peer, channel, encode(consensusMessageSchema, boast))
      },
    },
  }
}
