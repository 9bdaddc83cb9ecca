import { expect, it } from 'vitest'
import { validatorSet } from '../chain/validator-set.ts'
import { blsKeypair } from '../crypto/bls.ts'
import { sha256 } from '../crypto/hash.ts'
import { utf8 } from '../primitives/bytes.ts'
import { createSimulatedStoreContent } from '../simulator/simulated-store.ts'
import { openValidatorHistory, validatorsFrom } from './validator-history.ts'

const set = (name: string) => validatorSet([{ consensusKey: blsKeypair(sha256(utf8(name))).publicKey, power: 1n }])

it('tells who decides a height, and after which heights others do', async () => {
  const store = createSimulatedStoreContent().open({ io: async () => undefined })
  const records = [validatorsFrom(1, set('first')), validatorsFrom(8, set('second')), validatorsFrom(300, set('third'))]
  await store.write(records, { durable: true })
  const history = openValidatorHistory(store)
  expect(await history.at(7)).toEqual(set('first'))
  expect(await history.at(8)).toEqual(set('second'))
  expect(await history.changesAbove(0, 10)).toEqual([7, 299])
  expect(await history.changesAbove(0, 1)).toEqual([7])
  expect(await history.changesAbove(6, 10)).toEqual([7, 299])
  expect(await history.changesAbove(7, 10)).toEqual([299])
  expect(await history.changesAbove(299, 10)).toEqual([])
  expect(await history.changesAbove(Number.MAX_SAFE_INTEGER, 10)).toEqual([])
})
