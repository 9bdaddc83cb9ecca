import { type ValidatorSet, validatorSet, validatorSetHash, validatorSetSchema } from '../chain/validator-set.ts'
import { encode } from '../codec/codec.ts'
import type { Store, StoreOperation } from '../ports/store.ts'
import { type Bytes, bytesEqual } from '../primitives/bytes.ts'
import { decodeOwn } from './system-state.ts'

/**
 * Who decided which height: a record for each height at which the set became another. Light clients are served from it, and evidence
 * of old heights is read with it. What lies before a node's first own height it does not know.
 */
export interface ValidatorHistory {
  /** Who decides a height up to the next one; `undefined` where that is not known any more. */
  at(height: number): Promise<ValidatorSet | undefined>
  /** The first heights above one after which other validators decide, rising, as far as they are known. */
  changesAbove(height: number, limit: number): Promise<readonly number[]>
}

const prefix = 0x76

export function openValidatorHistory(store: Store): ValidatorHistory {
  return {
    async at(height) {
      const [entry] = await store.range({ from: keyOf(0), to: keyOf(height + 1), limit: 1, reverse: true })
      return entry && validatorSet(decodeOwn(validatorSetSchema, entry[1]).validators)
    },
    async changesAbove(height, limit) {
      // A record stands at the first height of its set, the change one before it.
      const entries = await store.range({ from: keyOf(height + 2), to: Uint8Array.of(prefix + 1), limit })
      return entries.map(([key]) => heightOf(key) - 1)
    },
  }
}

/** What must be written when a set decides from this height on. */
export function validatorsFrom(height: number, { validators }: ValidatorSet): StoreOperation {
  return [keyOf(height), encode(validatorSetSchema, { validators })]
}

/**
 * Brings the history to the tip, on which everything else agrees: a store that was filled otherwise than block by block has none of
 * it, and one that was rolled back has too much.
 */
export async function mendValidatorHistory(
  store: Store,
  tip: { readonly height: number; readonly validators: ValidatorSet; readonly lastValidators: ValidatorSet },
): Promise<void> {
  const operations: StoreOperation[] = []
  const beyond = { from: keyOf(tip.height + 2), to: Uint8Array.of(prefix + 1), limit: 1000 }
  for (const [key] of await store.range(beyond)) operations.push([key, undefined])
  const known = await openValidatorHistory(store).at(tip.height + 1)
  if (!known || !bytesEqual(validatorSetHash(known), validatorSetHash(tip.validators))) {
    if (tip.height > 0) operations.push(validatorsFrom(tip.height, tip.lastValidators))
    operations.push(validatorsFrom(tip.height + 1, tip.validators))
  }
  if (operations.length > 0) await store.write(operations, { durable: true })
}

function heightOf(key: Bytes): number {
  return Number(new DataView(key.buffer, key.byteOffset).getBigUint64(1))
}

function keyOf(height: number): Bytes {
  const key = new Uint8Array(9)
  key[0] = prefix
  new DataView(key.buffer).setBigUint64(1, BigInt(height))
  return key
}
