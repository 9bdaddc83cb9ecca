import { hash } from '../chain/identifiers.ts'
import { decode, encode } from '../codec/codec.ts'
import { type Infer, struct } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Disk } from '../ports/disk.ts'
import { bytesEqual, toHex } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'

/** Which chain a data directory is of, for good: noted when a node first opens it, looked at before anything else of it is opened. */
const genesisLockSchema = struct('GenesisLock', {
  chainId: hash,
  /** Of the state after genesis: one chain spec run by another application is another chain. */
  genesisRoot: hash,
})

const fileName = 'genesis'

/** Nothing is written. Throws DATA_OF_ANOTHER_CHAIN and STORE_CORRUPT. */
export async function refuseOtherChain(disk: Pick<Disk, 'readSmall'>, chainId: Hash): Promise<void> {
  const lock = await readLock(disk)
  if (lock && !bytesEqual(lock.chainId, chainId)) throw dataOfAnotherChain(lock.chainId, chainId)
}

/** Notes the chain where it is not noted yet. Throws DATA_OF_ANOTHER_CHAIN where the same spec has led to another state. */
export async function lockGenesis(
  disk: Pick<Disk, 'readSmall' | 'writeSmall'>,
  own: Infer<typeof genesisLockSchema>,
): Promise<void> {
  const lock = await readLock(disk)
  if (!lock) return disk.writeSmall(fileName, encode(genesisLockSchema, own))
  if (bytesEqual(lock.genesisRoot, own.genesisRoot)) return
  const roots = `${toHex(lock.genesisRoot)}, not ${toHex(own.genesisRoot)}`
  throw new OperationalError(
    'DATA_OF_ANOTHER_CHAIN',
    `The data directory began with genesis state ${roots}: another application.`,
  )
}

export function dataOfAnotherChain(theirs: Hash, own: Hash): OperationalError {
  return new OperationalError(
    'DATA_OF_ANOTHER_CHAIN',
    `The data directory is of chain ${toHex(theirs)}, and this is ${toHex(own)}.`,
  )
}

async function readLock(disk: Pick<Disk, 'readSmall'>): Promise<Infer<typeof genesisLockSchema> | undefined> {
  const file = await disk.readSmall(fileName)
  if (!file) return undefined
  const decoded = decode(genesisLockSchema, file)
  if (decoded.ok) return decoded.value
  throw new OperationalError('STORE_CORRUPT', 'The note of which chain the data directory is of is damaged.', { where: fileName })
}
