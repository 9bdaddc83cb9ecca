import { consensusMessageSchema, stepOnWire } from '../../chain/consensus-message.ts'
import { encode } from '../../codec/codec.ts'
import type { Attack } from './attack.ts'
import { channelFrame } from './frame-of.ts'
import { hammer } from './hammer.ts'

/** Round states of a height long past: well-formed, unsigned, and each asks the node to think about what the peer may lack. */
export const messageSpam: Attack = (context) =>
  hammer(
    context,
    {
      protocol: '/synod/votes/1',
      load: () => (index) =>
        channelFrame(
          'consensus',
          encode(consensusMessageSchema, {
            type: 'round-state',
            roundState: {
              height: 1,
              round: index % 1000,
              step: stepOnWire.propose,
              proposal: undefined,
              missingPolka: undefined,
              decided: undefined,
              missingBlock: undefined,
              validRound: undefined,
              prevotes: Uint8Array.of(0),
              precommits: Uint8Array.of(0),
            },
          }),
        ),
    },
    20,
  )
