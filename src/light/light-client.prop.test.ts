import fc from 'fast-check'
import { expect, it } from 'vitest'
import { madeChainId, makeChain } from '../cli/bench/made-chain.ts'
import { decode, encode } from '../codec/codec.ts'
import { blsVerifyBatch } from '../crypto/bls.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { ok, reject } from '../primitives/result.ts'
import { lightBlockSchema } from './light-block.ts'
import { createLightClient } from './light-client.ts'
import { oneThird } from './trust.ts'
import { createTrustStore } from './trust-store.ts'

const genesisTime = 1_700_000_000_000
const heights = 40
const rules = { chainId: madeChainId, level: oneThird, periodMs: 1e9, clockDriftMs: 0 }

it('whatever way the validators change, the block it arrives at is the chain’s, and trust only grows', async () => {
  const chains = fc.record({ changedEvery: fc.integer({ min: 1, max: 12 }), replaced: fc.integer({ min: 1, max: 5 }) })
  const steps = fc.array(fc.integer({ min: 1, max: heights }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(chains, steps, fc.boolean(), async ({ changedEvery, replaced }, wanted, isTold) => {
      const chain = makeChain({ heights, validators: 5, changedEvery, replaced, genesisTime })
      const store = createTrustStore()
      store.add(chain.genesis)
      const provider = {
        name: 'node',
        lightBlock: async (height: number | 'latest') => ok(chain.lightBlock(height as number)),
        changes: async (height: number) => (isTold ? chain.changesAbove(height) : []),
      }
      const client = createLightClient({
        rules,
        store,
        providers: [provider],
        checkBls: async (items) => blsVerifyBatch(items),
        now: () => genesisTime + 1e6,
      })
      for (const height of wanted) {
        const found = await client.verified(height)
        expect(found.ok && bytesEqual(found.value.hash, chain.hashAt(height))).toBe(true)
        expect(client.newest.height).toBeGreaterThanOrEqual(height)
      }
    }),
    { numRuns: 20 },
  )
})

it('one bit of a light block changed anywhere is refused, or changes nothing that is believed', async () => {
  const chain = makeChain({ heights, validators: 5, changedEvery: 20, genesisTime })
  const good = encode(lightBlockSchema, chain.lightBlock(heights))
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: good.length * 8 - 1 }), async (bit) => {
      const bytes = good.slice()
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
      const decoded = decode(lightBlockSchema, bytes)
      const store = createTrustStore()
      store.add(chain.genesis)
      const provider = {
        name: 'node',
        lightBlock: async (height: number | 'latest') =>
          height !== heights ? ok(chain.lightBlock(height as number)) : decoded.ok ? ok(decoded.value) : reject('LIGHT_NOT_HELD'),
      }
      const options = { rules, store, providers: [provider], now: () => genesisTime + 1e6 }
      const client = createLightClient({ ...options, checkBls: async (items) => blsVerifyBatch(items) })
      const found = await client.verified(heights)
      // Only a proof of possession that nobody needed may be other than it was.
      if (found.ok) expect(bytesEqual(found.value.hash, chain.hashAt(heights))).toBe(true)
    }),
    { numRuns: 100 },
  )
})
