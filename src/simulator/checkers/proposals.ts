import { consensusMessageSchema } from '../../chain/consensus-message.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { proposalSignBytes } from '../../chain/proposal.ts'
import { decode } from '../../codec/codec.ts'
import type { Hash } from '../../crypto/hash.ts'
import type { Channel } from '../../ports/network.ts'
import { createBoundedMap } from '../../primitives/bounded-map.ts'
import { type Bytes, bytesKey } from '../../primitives/bytes.ts'
import type { SignatureOracle } from '../simulated-verifier.ts'
import type { FinalBlock, Finding } from './block-checks.ts'

/** Remembers who proposed which block first, whoever it was: a block names that validator, who is paid for it, and nobody else. */
export interface Proposals {
  sent(channel: Channel, message: Bytes): void
  check(event: FinalBlock): Finding
}

const blocksMax = 1000
const perBlockMax = 8

export function createProposals(chainId: ChainId, oracle: SignatureOracle): Proposals {
  const fresh = createBoundedMap<string, Map<string, { readonly message: Hash; readonly signature: Bytes }>>(blocksMax)
  let last: Bytes | undefined

  return {
    sent(channel, bytes) {
      // One message goes to all peers in turn.
      if (channel !== 'consensus' || bytes === last) return
      last = bytes
      const decoded = decode(consensusMessageSchema, bytes)
      if (!decoded.ok || decoded.value.type !== 'proposal') return
      const { proposal, signature } = decoded.value.proposal
      if (proposal.validRound !== undefined) return
      const known = fresh.get(bytesKey(proposal.blockHash)) ?? new Map()
      if (known.size < perBlockMax) known.set(bytesKey(signature), { message: proposalSignBytes(chainId, proposal), signature })
      fresh.set(bytesKey(proposal.blockHash), known)
    },
    check({ block, hash }) {
      const seen = fresh.peek(bytesKey(hash))
      if (!seen) return undefined
      const publicKey = block.header.proposer
      const signed = [...seen.values()].some((proposal) => oracle.holds({ publicKey, ...proposal }))
      return signed ? undefined : ['validity', 'it names as its proposer a validator who did not propose it']
    },
  }
}
