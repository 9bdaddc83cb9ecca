import type { ChainId, ConsensusKey, ConsensusSignature } from '../chain/identifiers.ts'
import type { Proposal } from '../chain/proposal.ts'
import { type LastSigned, positionOf, type SignedPosition, type SigningSubject, signBytesOf } from '../chain/signing.ts'
import { indexOfValidator, type ValidatorSet } from '../chain/validator-set.ts'
import type { Vote } from '../chain/vote.ts'
import type { Disk } from '../ports/disk.ts'
import type { Signer } from '../ports/signer.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { compareSigned, readLastSigned, writeLastSigned } from './last-signed.ts'

/**
 * The only way to the consensus key. It refuses to sign backwards or twice, and no signature leaves before its record is on disk: so
 * a crash at any instruction, a replayed log or a lying peer cannot make this validator equivocate. One record stands for all keys of
 * the validator: at each place one of them signs.
 */
export interface GuardedSigner {
  /** The key it signs with at present. */
  readonly publicKey: ConsensusKey
  /** The signature, or `undefined` where signing could contradict what was signed before, or the key's holder is gone. */
  signVote(vote: Vote): Promise<ConsensusSignature | undefined>
  signProposal(proposal: Proposal): Promise<ConsensusSignature | undefined>
  /** Whether this validator may have signed at that place already. */
  mayHaveSigned(position: SignedPosition): boolean
  /** Takes up that key of the validator which is in the set, where it has one. Resolves at once when it signs with such a one. */
  follow(validators: ValidatorSet): Promise<void>
}

export interface GuardedSignerOptions {
  readonly signer: Signer
  readonly disk: Disk
  readonly chainId: ChainId
  /** Those who vote next. */
  readonly validators: ValidatorSet
  /** The holder of the key came, or went. */
  readonly onReady?: (ready: boolean) => void
  /** Another key of the validator votes from now on. */
  readonly onKey?: (key: ConsensusKey) => void
}

const keyFileName = 'signing-key'

/** @throws OperationalError SIGNER_UNREACHABLE where the holder of the key is elsewhere, and never was reached. */
export async function openGuardedSigner(options: GuardedSignerOptions): Promise<GuardedSigner> {
  const { signer, disk, chainId, onReady = () => undefined } = options
  let last = await readLastSigned(disk)
  let followed = options.validators
  let tail: Promise<unknown> = Promise.resolve()
  signer.open?.({ lastSigned: () => last, onReady })
  const isRemote = signer.open !== undefined
  let publicKey = await firstKey(options, isRemote)

  async function sign(subject: SigningSubject): Promise<ConsensusSignature | undefined> {
    const position = positionOf(subject)
    const signBytes = signBytesOf(chainId, subject)
    if (last) {
      const order = compareSigned(position, last)
      if (order < 0) return undefined
      if (order === 0) return bytesEqual(last.signBytes, signBytes) ? last.signature : undefined
    }
    const signature = await signer.sign({ key: publicKey, message: signBytes, subject })
    if (!signature) return undefined
    const record: LastSigned = { ...position, signBytes, signature }
    await writeLastSigned(disk, record)
    last = record
    return record.signature
  }

  /** One at a time: the check and the record must not interleave with another's. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = tail.then(work)
    tail = turn.catch(() => undefined)
    return turn
  }

  async function takeUp(validators: ValidatorSet): Promise<void> {
    const next = (await signer.keys()).find((key) => indexOfValidator(validators, key) !== undefined)
    if (!next || bytesEqual(next, publicKey)) return
    if (isRemote) await disk.writeSmall(keyFileName, next)
    publicKey = next
    options.onKey?.(next)
  }

  return {
    get publicKey() {
      return publicKey
    },
    signVote: (vote) => inTurn(() => sign({ type: 'vote', vote })),
    signProposal: (proposal) => inTurn(() => sign({ type: 'proposal', proposal })),
    mayHaveSigned: (position) => last !== undefined && compareSigned(position, last) <= 0,
    async follow(validators) {
      const before = followed
      followed = validators
      const isNews = validators !== before && indexOfValidator(validators, publicKey) === undefined
      // Who leaves the set for want of stake, or is jailed, has no other key in it: only one that is new there can be this validator's.
      const newcomer = ({ consensusKey }: { consensusKey: ConsensusKey }) => indexOfValidator(before, consensusKey) === undefined
      if (isNews && validators.validators.some(newcomer)) await inTurn(() => takeUp(validators))
    },
  }
}

/** The key to begin with: the one that votes, or else the preferred one, or the one of before where the holder does not answer. */
async function firstKey({ signer, disk, validators }: GuardedSignerOptions, isRemote: boolean): Promise<ConsensusKey> {
  const keys = await signer.keys()
  const key = keys.find((candidate) => indexOfValidator(validators, candidate) !== undefined) ?? keys[0]
  if (key && isRemote) await disk.writeSmall(keyFileName, key)
  const known = key ?? (await disk.readSmall(keyFileName))
  if (known?.length === 48) return known
  throw new OperationalError('SIGNER_UNREACHABLE', 'No signer answers, and which key it has is not known yet.')
}
