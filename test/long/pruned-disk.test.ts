import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { benchSeed, benchValidators, createBenchChain } from '../../src/cli/bench/consensus/bench-chain.ts'
import { transactionMaker } from '../../src/cli/bench/consensus/make-transaction.ts'
import { makeChain } from '../../src/cli/bench/sync/make-chain.ts'
import { slopeOf } from '../soak/slope.ts'

/** A node that keeps the newest blocks needs no more disk after a hundred thousand of them than after thirty thousand. */
const blocks = Number(process.env.PRUNED_BLOCKS ?? 100_000)
const retained = 2_000
/** Until then the store fills: what it keeps, and what waits in its files to be compacted. */
const settledAt = 0.3 * blocks

test(`the disk of a node that keeps ${retained} blocks does not grow over ${blocks}`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'synod-pruned-'))
  try {
    const chain = createBenchChain('transfers', Date.now() - 2 * blocks)
    const samples: { readonly x: number; readonly y: number }[] = []
    await makeChain({
      ...chain,
      directory,
      validatorSeeds: Array.from({ length: benchValidators }, (_, index) => benchSeed('validator', index)),
      blocks,
      perBlock: 1,
      transaction: transactionMaker(chain, 'transfers'),
      blocksRetained: retained,
      onThousand: async (height) => void samples.push({ x: height, y: await bytesOf(directory) }),
    })
    const settled = samples.filter(({ x }) => x >= settledAt)
    const { slope, margin } = slopeOf(settled)
    const kept = Math.max(...settled.map(({ y }) => y))
    process.stdout.write(`${JSON.stringify({ bytesPerBlock: slope, margin, bytesAtMost: kept })}\n`)
    // What waits to be compacted comes and goes, so that the interval tells apart what a chance may do from what grows.
    const bytesOfBlock = (samples[0]?.y ?? 0) / 1000
    expect(slope - margin).toBeLessThan(bytesOfBlock / 20)
    expect(slope).toBeLessThan(bytesOfBlock / 2)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

/** Of all files of a directory. A file may go while they are counted. */
async function bytesOf(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true })
  const sizes = names.map((name) =>
    stat(join(directory, name)).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0)
}
