import { randomBytes } from 'node:crypto'
import { consensusMessageSchema } from '../../chain/consensus-message.ts'
import { prevote, type SignedVote } from '../../chain/vote.ts'
import { encode } from '../../codec/codec.ts'
import type { Attack } from './attack.ts'
import { createFollowedHeight } from './followed-height.ts'
import { channelFrame } from './frame-of.ts'
import { hammer } from './hammer.ts'

/** Prevotes in the name of the first validator, each for another block, under signatures that nobody made. */
export const invalidVotes: Attack = (context) => {
  const followed = createFollowedHeight()
  return hammer(
    context,
    {
      protocol: '/synod/votes/1',
      onBytes: followed.onBytes,
      load({ hello }) {
        followed.start(hello.height + 1)
        return (index) =>
          channelFrame('consensus', encode(consensusMessageSchema, { type: 'vote', vote: vote(followed.height + (index % 2)) }))
      },
    },
    30,
  )
}

function vote(height: number): SignedVote {
  return {
    vote: { kind: prevote, height, round: 0, blockHash: new Uint8Array(randomBytes(32)) },
    validator: 0,
    signature: new Uint8Array(randomBytes(96)),
  } as SignedVote
}
