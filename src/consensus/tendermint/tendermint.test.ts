import { describe, expect, test } from 'vitest'
import { createCluster, decidedHashes } from '../../../test/consensus/cluster.ts'
import { committee, equals, genesisTime } from '../../../test/consensus/validators.ts'
import { precommit } from '../../chain/vote.ts'

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

  test('what one has decided unheard, the others, locked, decide too', () => {
    // Validator 0 hears all and is heard by 2 and 3, but its precommits by nobody; 1, which proposes next, hears nothing of it.
    const cluster = createCluster({
      committee: equals(4),
      delay(from, to, _now, message) {
        const precommits = message.type === 'vote' && message.vote.vote.kind === precommit
        return from === 0 && (to === 1 || precommits) ? undefined : 10
      },
    })
    cluster.run(60_000)
    expect([...cluster.nodes.values()].map(({ decision }) => decision?.commit.round)).toEqual([0, 2, 2, 2])
    expect(new Set(decidedHashes(cluster)).size).toBe(1)
  })

  test('a lost proposal, polka or decision is made good by gossip', () => {
    // Validator 3 hears nothing that is broadcast, only what its peers send it when they see what it lacks.
    let gossip = false
    const cluster = createCluster({
      committee: equals(4),
      compareMs: 500,
      delay: (_from, to, now) => {
        gossip = (now - genesisTime) % 500 === 0 && now > genesisTime
        return to === 3 && !gossip ? undefined : 10
      },
    })
    cluster.run(5_000)
    expect(decidedHashes(cluster)).toHaveLength(4)
    expect(new Set(decidedHashes(cluster)).size).toBe(1)
  })
})
