import { describe, expect, it } from 'vitest'
import { createNodeWorld, heights } from '../../test/engine/node-world.ts'
import type { OperationalError } from '../primitives/operational-error.ts'

const upgrade = { height: 6, version: 2 }

/** Four nodes that agree on an upgrade; the last of them runs a program of the old version, unless it says otherwise. */
async function setUp(options: { readonly known?: () => number; readonly agrees?: boolean } = {}) {
  const { known = () => 1, agrees = true } = options
  const network = createNodeWorld({
    validators: 4,
    consensus: { interval_ms: 200 },
    upgrades: (index) => (index < 3 || agrees ? [upgrade] : []),
    protocolVersion: (index) => (index < 3 ? 2 : known()),
  })
  await network.start()
  const faults: string[] = []
  void network.members[3]!.node().failed.then((error: OperationalError) => faults.push(`${error.code}: ${error.message}`))
  return { network, faults }
}

describe('an upgrade at a height', () => {
  it('goes on without a node of the old version, which stops before the height, and joins with the new one', async () => {
    let known = 1
    const { network, faults } = await setUp({ known: () => known })
    await network.until(() => heights(network)[0]! >= 9, 30)
    expect(faults).toEqual([
      'UPGRADE_NEEDED: From height 6 on the chain has protocol version 2; this program knows versions up to 1.',
    ])
    const old = network.members[3]!
    expect(old.node().status()).toMatchObject({ height: 5, signing: false })
    expect((await network.members[0]!.node().block(5))?.header.version).toBe(1)
    expect((await network.members[0]!.node().block(6))?.header.version).toBe(2)
    old.machine.crash()
    const again = old.machine.start().catch((error: OperationalError) => error.code)
    await network.run(1)
    expect(await again).toBe('UPGRADE_NEEDED')
    known = 2
    await network.start(3)
    await network.until(() => heights(network)[3]! >= 9, 30)
  })

  it('stops a node too that was told of none, when the chain has made such a block final', async () => {
    const { network, faults } = await setUp({ agrees: false })
    await network.until(() => faults.length > 0, 30)
    expect(faults[0]).toMatch(/^UPGRADE_NEEDED: From height 6 on/)
  })
})
