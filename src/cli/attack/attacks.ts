import type { Attack } from './attack.ts'
import type { AttackName } from './attack-kinds.ts'
import { connectionFlood } from './connection-flood.ts'
import { decompressionBomb } from './decompression-bomb.ts'
import { eclipse } from './eclipse.ts'
import { graftFlood } from './graft-flood.ts'
import { handshakeGarbage } from './handshake-garbage.ts'
import { invalidTransactions } from './invalid-transactions.ts'
import { invalidVotes } from './invalid-votes.ts'
import { messageSpam } from './message-spam.ts'
import { oversizedFrames } from './oversized-frames.ts'
import { replay } from './replay.ts'
import { slowLoris } from './slow-loris.ts'
import { streamFlood } from './stream-flood.ts'

export const attacks: Readonly<Record<AttackName, Attack>> = {
  'connection-flood': connectionFlood,
  'slow-loris': slowLoris,
  'handshake-garbage': handshakeGarbage,
  'stream-flood': streamFlood,
  'message-spam': messageSpam,
  'invalid-votes': invalidVotes,
  'invalid-transactions': invalidTransactions,
  'oversized-frames': oversizedFrames,
  'decompression-bomb': decompressionBomb,
  replay,
  eclipse,
  'graft-flood': graftFlood,
}
