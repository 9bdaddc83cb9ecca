import { certificateSchema, commitSchema } from '../chain/certificate.ts'
import { consensusKey, hash } from '../chain/identifiers.ts'
import { validatorsMax } from '../chain/limits.ts'
import { readValidatorSet, type ValidatorSet, validatorSchema } from '../chain/validator-set.ts'
import { decode, encode } from '../codec/codec.ts'
import { type Infer, list, optional, struct, uint } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import { type Accusation, accuse } from '../light/accuse.ts'
import type { Disk } from '../ports/disk.ts'
import { bytesEqual, toHex } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { ChosenBlock } from '../sync/plan-messages.ts'

/**
 * What this node knows of a fork, kept in its data directory: two certified blocks of one height, who decided it, and who is accused.
 * A node with such a record does not start until its operator has written down which of the blocks holds.
 */
const forkRecordSchema = struct('ForkRecord', {
  /** Wall-clock time of the discovery, ms. */
  at: uint(),
  height: uint(),
  first: commitSchema,
  second: commitSchema,
  validators: list(validatorSchema, { min: 1, max: validatorsMax }),
  /** Certificates of prevotes that were shown. */
  polkas: list(certificateSchema, { max: 256 }),
  convicted: list(consensusKey, { max: validatorsMax }),
  suspects: list(consensusKey, { max: validatorsMax }),
  /** The block that the operators have settled on. */
  chosen: optional(hash),
})
export type ForkRecord = Infer<typeof forkRecordSchema>

const fileName = 'fork'

/** Throws STORE_CORRUPT. */
export async function readForkRecord(disk: Pick<Disk, 'readSmall'>): Promise<ForkRecord | undefined> {
  const file = await disk.readSmall(fileName)
  if (!file) return undefined
  const decoded = decode(forkRecordSchema, file)
  if (decoded.ok) return decoded.value
  throw new OperationalError('STORE_CORRUPT', 'The record of a fork is damaged.', { where: fileName })
}

export async function writeForkRecord(disk: Pick<Disk, 'writeSmall'>, record: ForkRecord): Promise<void> {
  await disk.writeSmall(fileName, encode(forkRecordSchema, record))
}

/** The accusation again, with its evidence: nobody is convicted on the word of a file. */
export function accusationOf({ validators, first, second, polkas }: ForkRecord): Accusation {
  const set = readValidatorSet(validators)
  const empty: ValidatorSet = { validators: [], totalPower: 0n }
  return accuse({ validators: set.ok ? set.value : empty, commits: [first, second] }, polkas)
}

/** The operators' choice. Throws USAGE_INVALID for a block that is neither. */
export function withChoice(record: ForkRecord, chosen: Hash): ForkRecord {
  const { first, second } = record
  if ([first, second].some(({ blockHash }) => bytesEqual(blockHash, chosen))) return { ...record, chosen }
  throw new OperationalError('USAGE_INVALID', `The block is neither of the two of height ${record.height}.`)
}

/** What this node takes of the forked height, and nothing else, once it is settled. */
export function chosenBlock(record: ForkRecord | undefined): ChosenBlock | undefined {
  return record?.chosen && { height: record.height, hash: record.chosen }
}

/** Throws CHAIN_FORKED when the node must not go on with the block of this hash at the record's height; `undefined`: it has none yet. */
export function refuseForked(record: ForkRecord | undefined, own: Hash | undefined): void {
  if (!record) return
  const { height, chosen, convicted, suspects } = record
  const settle = '`synod fork resolve` notes which block holds: docs/runbooks/fork.md.'
  if (!chosen) {
    const accused = `${convicted.length} validators are convicted and ${suspects.length} suspected`
    throw new OperationalError('CHAIN_FORKED', `Two blocks of height ${height} are certified; ${accused}. ${settle}`)
  }
  if (!own || bytesEqual(own, chosen)) return
  const message = `This node holds block ${toHex(own)} of height ${height}, and ${toHex(chosen)} was settled on: roll back to height ${height - 1}.`
  throw new OperationalError('CHAIN_FORKED', message)
}
