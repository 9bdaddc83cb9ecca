import { createSystemVerifier } from '../../adapters/system/system-verifier.ts'
import { decode, encode } from '../../codec/codec.ts'
import { blsVerifyBatch } from '../../crypto/bls.ts'
import type { SignatureCheck } from '../../crypto/verified.ts'
import { lightBlockSchema } from '../../light/light-block.ts'
import { createLightClient } from '../../light/light-client.ts'
import type { LightProvider } from '../../light/provider.ts'
import { oneThird } from '../../light/trust.ts'
import { createTrustStore } from '../../light/trust-store.ts'
import { assert } from '../../primitives/assert.ts'
import { findChromium } from './browser/chromium.ts'
import { followInBrowser } from './browser/follow-in-browser.ts'
import { type Figure, figure } from './figure.ts'
import { type MadeChain, madeChainId, makeChain } from './made-chain.ts'

const heights = 10_000
const validators = 100
/** A change of ten validators in a hundred every so many heights: the whole set is new ten times over. */
const changedEvery = 100
const replaced = 10
const sequentialHeights = 200
const genesisTime = 1_700_000_000_000
const runs = 5
const browserDeadlineMs = 120_000

/** From genesis to the block of height 10,000, over light blocks as they come from the wire: few hundred requests' worth of them. */
export async function benchLight(onProgress: (line: string) => void): Promise<Figure[]> {
  onProgress(`making ${heights} headers of ${validators} validators`)
  const steady = makeChain({ heights, validators, genesisTime })
  const changing = makeChain({ heights, validators, changedEvery, replaced, genesisTime })
  const verifier = createSystemVerifier({ onWorkerLost: (error) => onProgress(error.message) })
  const inThreads: SignatureCheck = (items) => verifier.bls(items)
  const inOne: SignatureCheck = async (items) => blsVerifyBatch(items)
  try {
    onProgress('skipping')
    const straight = await medianOf(() => follow(steady, heights, 'skipping', inThreads))
    const skipped = await medianOf(() => follow(changing, heights, 'skipping', inThreads))
    const alone = await medianOf(() => follow(changing, heights, 'skipping', inOne))
    onProgress(`verifying ${sequentialHeights} in sequence`)
    const walked = await follow(steady, sequentialHeights, 'sequential', inThreads)
    return [
      figure('skipMs', straight.ms, 'ms', 1000),
      figure('skipOverChangesMs', skipped.ms, 'ms', 1000),
      figure('skipOverChangesOneThreadMs', alone.ms, 'ms', 1000),
      figure('lightBlocksFetched', skipped.fetched, 'blocks'),
      figure('lightBlockBytes', skipped.bytes / skipped.fetched, 'bytes'),
      figure('sequentialHeadersPerSecond', (sequentialHeights / walked.ms) * 1000, '1/s'),
      ...(await browserFigures([steady, changing], onProgress)),
    ]
  } finally {
    await verifier.stop()
  }
}

/** The same by the same modules in a browser, requests included; nothing where there is none. */
async function browserFigures(chains: readonly MadeChain[], onProgress: (line: string) => void): Promise<Figure[]> {
  const program = findChromium()
  if (program === undefined) {
    onProgress('no Chromium on this machine: its figures are left out')
    return []
  }
  onProgress(`the same in ${program}`)
  const tasks = chains.map((chain) => ({ chain, height: heights }))
  const [straight, skipped] = await followInBrowser(program, tasks, browserDeadlineMs)
  assert(straight?.hash && skipped?.hash, 'the made chains verify in a browser')
  return [figure('chromiumSkipMs', straight.ms, 'ms', 5000), figure('chromiumSkipOverChangesMs', skipped.ms, 'ms', 5000)]
}

interface Followed {
  readonly ms: number
  readonly fetched: number
  readonly bytes: number
}

/** The chain's blocks are signed and encoded before the clock starts; decoding them is the client's work. */
async function follow(
  chain: MadeChain,
  height: number,
  mode: 'skipping' | 'sequential',
  checkBls: SignatureCheck,
): Promise<Followed> {
  let asked = { fetched: 0, bytes: 0, servingMs: 0 }
  const provider: LightProvider = {
    name: 'made',
    async lightBlock(wanted) {
      const began = performance.now()
      const encoded = served(chain, wanted as number)
      const servingMs = asked.servingMs + performance.now() - began
      asked = { fetched: asked.fetched + 1, bytes: asked.bytes + encoded.length, servingMs }
      return decode(lightBlockSchema, encoded)
    },
    changes: async (above) => changesOf(chain).filter((height) => height > above),
  }
  const store = createTrustStore()
  store.add(chain.genesis)
  const rules = { chainId: madeChainId, level: oneThird, periodMs: 365 * 86_400_000, clockDriftMs: 0 }
  const now = () => genesisTime + (heights + 1) * 1000
  const client = createLightClient({ rules, store, providers: [provider], checkBls, now, mode })
  const began = performance.now()
  const found = await client.verified(height)
  const ms = performance.now() - began - asked.servingMs
  assert(found.ok, 'the made chain verifies')
  return { ms, fetched: asked.fetched, bytes: asked.bytes }
}

const changes = new WeakMap<MadeChain, readonly number[]>()

/** A node keeps them; a made chain has to look for them. */
function changesOf(chain: MadeChain): readonly number[] {
  const known = changes.get(chain) ?? chain.changesAbove(0)
  changes.set(chain, known)
  return known
}

const encodedBlocks = new WeakMap<MadeChain, Map<number, Uint8Array>>()

function served(chain: MadeChain, height: number): Uint8Array {
  const blocks = encodedBlocks.get(chain) ?? new Map<number, Uint8Array>()
  encodedBlocks.set(chain, blocks)
  const encoded = blocks.get(height) ?? encode(lightBlockSchema, chain.lightBlock(height))
  blocks.set(height, encoded)
  return encoded
}

async function medianOf(run: () => Promise<Followed>): Promise<Followed> {
  const all: Followed[] = []
  for (let index = 0; index < runs; index++) all.push(await run())
  return all.sort((left, right) => left.ms - right.ms)[runs >> 1] as Followed
}
