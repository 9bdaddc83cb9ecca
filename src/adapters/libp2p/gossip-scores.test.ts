import { ScorePenalty } from '@libp2p/gossipsub/metrics'
import { createPeerScoreParams, PeerScore } from '@libp2p/gossipsub/score'
import { expect, it } from 'vitest'
import { gossipScoreParams, gossipScoreThresholds } from './gossip-scores.ts'

it('an honest peer does not sink with the strangers of its address', () => {
  const logger = { forComponent: () => Object.assign(() => undefined, { error: () => undefined, trace: () => undefined }) }
  const params = createPeerScoreParams(gossipScoreParams((channel) => channel))
  const score = new PeerScore(params, null, logger as unknown as ConstructorParameters<typeof PeerScore>[2], {
    scoreCacheValidityMs: 0,
  })
  for (let id = 0; id < 50; id++) {
    score.addPeer(`stranger ${id}`)
    score.addIP(`stranger ${id}`, '203.0.113.7')
    if (id % 2 === 0) score.removePeer(`stranger ${id}`)
  }
  score.addPeer('honest')
  score.addIP('honest', '203.0.113.7')
  expect(score.score('honest')).toBe(0)
  score.addPenalty('honest', 20, ScorePenalty.BrokenPromise)
  expect(score.score('honest')).toBeLessThan(gossipScoreThresholds.graylistThreshold)
})
