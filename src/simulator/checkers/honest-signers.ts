import { type ConsensusMessage, consensusMessageSchema } from '../../chain/consensus-message.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { proposalSignBytes } from '../../chain/proposal.ts'
import type { SignedPosition } from '../../chain/signing.ts'
import type { ValidatorSet } from '../../chain/validator-set.ts'
import { precommit, prevote, type Vote, voteSignBytes } from '../../chain/vote.ts'
import { decode } from '../../codec/codec.ts'
import type { Hash } from '../../crypto/hash.ts'
import { compareSigned, readLastSigned } from '../../engine/last-signed.ts'
import type { Channel } from '../../ports/network.ts'
import { assert } from '../../primitives/assert.ts'
import { type Bytes, bytesEqual, bytesKey, toHex } from '../../primitives/bytes.ts'
import { haveQuorum } from './quorum.ts'
import type { CheckName, Violation } from './violation.ts'

/**
 * Watches what honest validators sign and send, across their crashes: one thing at one place, never against a lock, and nothing that
 * the disk would not remember.
 */
export interface HonestSigners {
  /** An honest validator's key made a signature, which may never leave. */
  signed(id: string, message: Bytes, signature: Bytes): void
  /** An honest node sent a message to somebody. Its own votes and proposals are told by their signatures. */
  sent(id: string, channel: Channel, message: Bytes): void
  /** The node's consensus log was lost, and its locks with it: only the last-signed record guards it now. */
  lostLog(id: string): void
}

interface Signer {
  readonly id: string
  readonly consensusKey: Bytes
  /** What it signed, in all its lives. */
  readonly messages: Set<string>
  readonly signatures: Set<string>
  /** What it sent, by place. */
  readonly sent: Map<string, string>
  lock: { readonly height: number; readonly round: number; readonly block: Hash } | undefined
}

export function createHonestSigners(options: {
  readonly chainId: ChainId
  readonly signers: readonly { readonly id: string; readonly consensusKey: Bytes }[]
  readonly validatorsAt: (height: number) => ValidatorSet | undefined
  /** The durable record of what the node signed last. */
  readonly lastSigned: (id: string) => Bytes | undefined
  readonly report: (violation: Violation) => void
}): HonestSigners {
  const { chainId, report } = options
  const signers = new Map<string, Signer>()
  const byKey = new Map<string, Signer>()
  for (const { id, consensusKey } of options.signers) {
    const signer: Signer = { id, consensusKey, messages: new Set(), signatures: new Set(), sent: new Map(), lock: undefined }
    signers.set(id, signer)
    byKey.set(bytesKey(consensusKey), signer)
  }
  const decodeMessage = rememberingLast((message) => decode(consensusMessageSchema, message))

  /** Whether there can have been a polka: honest validators count when they signed, liars are taken to have signed everything. */
  function polkaExisted(vote: Vote): boolean {
    const set = options.validatorsAt(vote.height)
    assert(set, 'a validator signs at a height whose predecessor is final')
    const message = bytesKey(voteSignBytes(chainId, { ...vote, kind: prevote }))
    return haveQuorum(set.validators, ({ consensusKey }) => byKey.get(bytesKey(consensusKey))?.messages.has(message) ?? true)
  }

  function keepsItsLock(signer: Signer, vote: Vote): string | undefined {
    const { lock } = signer
    const { kind, height, round, blockHash } = vote
    if (blockHash === undefined) return undefined
    if (kind === precommit) {
      if (!lock || lock.height < height || lock.round < round) signer.lock = { height, round, block: blockHash }
      return polkaExisted(vote) ? undefined : `precommitted ${short(blockHash)} at round ${round} without a polka`
    }
    if (lock?.height !== height || lock.round >= round || bytesEqual(lock.block, blockHash)) return undefined
    for (let between = lock.round; between < round; between++) if (polkaExisted({ ...vote, round: between })) return undefined
    return `locked ${short(lock.block)} at round ${lock.round}, prevoted ${short(blockHash)} at round ${round} without a later polka`
  }

  /** No signature leaves before its record is on disk. */
  async function checkRecord(signer: Signer, position: SignedPosition, signBytes: Bytes): Promise<void> {
    const content = options.lastSigned(signer.id)
    const record = await readLastSigned({ readSmall: async () => content })
    const order = record ? compareSigned(record, position) : -1
    if (order > 0 || (order === 0 && record && bytesEqual(record.signBytes, signBytes))) return
    blame(signer, 'durability', position, 'what it sent stands in no durable record')
  }

  function blame({ id }: Signer, check: CheckName, { height, round, step }: SignedPosition, detail: string): void {
    report({ check, node: id, height, detail: `${stepNames[step]} of round ${round}: ${detail}` })
  }

  function own(signer: Signer, position: SignedPosition, signBytes: Bytes, vote?: Vote): void {
    const place = `${position.height} ${position.round} ${position.step}`
    const key = bytesKey(signBytes)
    const before = signer.sent.get(place)
    if (before === key) return
    signer.sent.set(place, key)
    if (before !== undefined) return blame(signer, 'equivocation', position, 'two different ones were sent')
    const broken = vote && keepsItsLock(signer, vote)
    if (broken !== undefined) return blame(signer, 'lock', position, broken)
    void checkRecord(signer, position, signBytes)
  }

  return {
    signed(id, message, signature) {
      const signer = signers.get(id)
      signer?.messages.add(bytesKey(message))
      signer?.signatures.add(bytesKey(signature))
    },
    sent(id, channel, bytes) {
      const signer = signers.get(id)
      if (!signer || channel !== 'consensus') return
      const message = decodeMessage(bytes)
      if (message?.type === 'vote' && signer.signatures.has(bytesKey(message.vote.signature))) {
        const { vote } = message.vote
        own(signer, { height: vote.height, round: vote.round, step: vote.kind }, voteSignBytes(chainId, vote), vote)
      }
      if (message?.type === 'proposal' && signer.signatures.has(bytesKey(message.proposal.signature))) {
        const { proposal } = message.proposal
        own(signer, { height: proposal.height, round: proposal.round, step: 0 }, proposalSignBytes(chainId, proposal))
      }
    },
    lostLog(id) {
      const signer = signers.get(id)
      if (signer) signer.lock = undefined
    },
  }
}

const stepNames = ['proposal', 'prevote', 'precommit']

/** One message goes to all peers in turn: it is decoded once. */
function rememberingLast(read: (message: Bytes) => { ok: true; value: ConsensusMessage } | { ok: false }) {
  let last: Bytes | undefined
  let decoded: ConsensusMessage | undefined
  return (message: Bytes): ConsensusMessage | undefined => {
    if (message === last) return decoded
    const result = read(message)
    last = message
    decoded = result.ok ? result.value : undefined
    return decoded
  }
}

function short(hash: Hash): string {
  return toHex(hash).slice(0, 12)
}
