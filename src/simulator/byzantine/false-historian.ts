import { bitmapOf } from '../../chain/bitmap.ts'
import { blockHash } from '../../chain/block.ts'
import { type CertifiedBlock, certifiedBlockSchema } from '../../chain/block-message.ts'
import { type ConsensusMessage, consensusMessageSchema } from '../../chain/consensus-message.ts'
import { validatorSet } from '../../chain/validator-set.ts'
import { precommit, voteSignBytes } from '../../chain/vote.ts'
import { decode, encode } from '../../codec/codec.ts'
import { blsSign } from '../../crypto/bls.ts'
import type { Ports } from '../../engine/ports.ts'
import { type Bytes, bytesEqual } from '../../primitives/bytes.ts'
import { createSimulatedEntropy } from '../random.ts'
import { withHandlers } from './eavesdrop.ts'
import type { Liar, LiarContext } from './liar.ts'

/** How far ahead of the truth it claims to be. */
const boastedHeights = 50
const boasts = 0.3

/** Claims to be far ahead, and tells whoever asks a history that never was, or nothing at all. */
export const falseHistorian: Liar = (context) => {
  const { random } = context
  const entropy = createSimulatedEntropy(random)

  async function* falsified(parts: AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
    for await (const part of parts) {
      const decoded = decode(certifiedBlockSchema, part)
      yield decoded.ok ? encode(certifiedBlockSchema, falsify(context, decoded.value)) : part
    }
    if (random.chance(0.5)) yield entropy.bytes(100)
    else await new Promise(() => undefined)
  }

  const lying = withHandlers(context.ports, (handlers) => ({
    ...handlers,
    onRequest(peer, protocol, message) {
      const parts = handlers.onRequest(peer, protocol, message)
      return protocol === 'block' ? falsified(parts) : parts
    },
  }))
  return boasting(lying, () => random.chance(boasts))
}

/** Everything as it was but for a detail, under a commit that claims to be signed by all, or was signed by one. */
function falsify({ chainId, keypair, spec, random }: LiarContext, { block, commit }: CertifiedBlock): CertifiedBlock {
  const header = { ...block.header, time: block.header.time + 1 }
  const { height, round } = commit
  const hash = blockHash(header)
  const { validators } = validatorSet(spec.validators)
  const size = validators.length
  const own = validators.findIndex(({ consensusKey }) => bytesEqual(consensusKey, keypair.publicKey))
  const named = random.chance(0.5) ? validators.keys() : [own]
  const signature = blsSign(keypair, voteSignBytes(chainId, { kind: precommit, height, round, blockHash: hash }))
  const forged = { height, round, blockHash: hash, signers: bitmapOf(new Set(named), size), signature }
  return random.chance(0.2) ? { block, commit: forged } : { block: { ...block, header }, commit: forged }
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
