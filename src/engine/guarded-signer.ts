import type { ChainId, ConsensusKey, ConsensusSignature } from '../chain/identifiers.ts'
import type { Proposal } from '../chain/proposal.ts'
import type { SignedPosition, SigningSubject } from '../chain/signing.ts'
import { indexOfValidator, type Validator, type ValidatorSet } from '../chain/validator-set.ts'
import type { Vote } from '../chain/vote.ts'
import type { Disk } from '../ports/disk.ts'
import type { Signer } from '../ports/signer.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { openSigningRecord } from './signing-record.ts'

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
  const record = await openSigningRecord(disk, chainId)
  let followed = options.validators
  let following: Promise<unknown> = Promise.resolve()
  signer.open?.({ lastSigned: record.latest, onReady })
  const isRemote = signer.open !== undefined
  let publicKey = await firstKey(options, isRemote)

  async function sign(subject: SigningSubject): Promise<ConsensusSignature | undefined> {
    const signed = await record.sign(subject, (message) => signer.sign({ key: publicKey, message, subject }))
    return signed === 'conflict' ? undefined : signed
  }

  /** False: the holder cannot be asked now. */
  async function takeUp(validators: ValidatorSet): Promise<boolean> {
    const keys = await signer.keys()
    const next = keys.find((key) => indexOfValidator(validators, key) !== undefined)
    if (!next || bytesEqual(next, publicKey)) return keys.length > 0
    if (isRemote) await disk.writeSmall(keyFileName, next)
    publicKey = next
    options.onKey?.(next)
    return true
  }

  async function follow(validators: ValidatorSet): Promise<void> {
    const before = followed
    followed = validators
    if (validators === before || indexOfValidator(validators, publicKey) !== undefined) return
    // Who leaves the set for want of stake, or is jailed, has no other key in it: only one that is new there can be this validator's.
    const isNewcomer = ({ consensusKey }: Validator) => indexOfValidator(before, consensusKey) === undefined
    if (validators.validators.some(isNewcomer) && !(await takeUp(validators))) followed = before
  }

  return {
    get publicKey() {
      return publicKey
    },
    signVote: (vote) => sign({ type: 'vote', vote }),
    signProposal: (proposal) => sign({ type: 'proposal', proposal }),
    mayHaveSigned: record.mayHaveSigned,
    follow(validators) {
      const turn = following.then(() => follow(validators))
      following = turn.catch(() => undefined)
      return turn
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
