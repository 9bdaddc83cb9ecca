import { describe, expect, test } from 'vitest'
import { createCluster, decidedHashes } from '../../../test/consensus/cluster.ts'
import { committee, equals } from '../../../test/consensus/validators.ts'

describe('a height on a good network', () => {
  test.each([
    ['one validator', [1n]],
    ['four equals', [1n, 1n, 1n, 1n]],
    ['seven of different stake', [5n, 1n, 1n, 9n, 3n, 3n, 2n]],
  ])('%s decide one block in round 0, within three message delays', (_, powers) => {
    const cluster = createCluster({ committee: committee(powers) })
    cluster.run(10_000)
    expect(decidedHashes(cluster)).toHaveLength(powers.length)
    expect(new Set(decidedHashes(cluster)).size).toBe(1)
    for (const node of cluster.nodes.values()) expect(node.decision?.commit.round).toBe(0)
    expect(cluster.now - (cluster.nodes.get(0)?.log[0]?.at ?? 0)).toBeLessThan(50)
  })

  test('goes on without a silent proposer', () => {
    const cluster = createCluster({ committee: equals(4), honest: [1, 2, 3] })
    cluster.run(20_000)
    expect(new Set(decidedHashes(cluster)).size).toBe(1)
    expect(decidedHashes(cluster)).toHaveLength(3)
    for (const node of cluster.nodes.values()) expect(node.decision?.commit.round).toBe(1)
  })
})
