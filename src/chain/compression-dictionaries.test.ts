import { expect, it } from 'vitest'
import { compress, decompress } from '../codec/compression.ts'
import { concatBytes } from '../primitives/bytes.ts'
import { compressionDictionaries } from './compression-dictionaries.ts'

it('is the same on every node of a chain, another on another chain, and helps', () => {
  const chainId = new Uint8Array(32).map((_, index) => index * 7)
  const { batches } = compressionDictionaries(chainId)
  expect(compressionDictionaries(chainId).batches).toEqual(batches)
  expect(compressionDictionaries(new Uint8Array(32)).batches).not.toEqual(batches)
  const message = concatBytes(...Array.from({ length: 8 }, () => batches))
  const small = compress(message, batches)
  expect(small?.length).toBeLessThan(compress(message)?.length as number)
  expect(decompress(small as Uint8Array, message.length, batches).ok).toBe(true)
})
