import { randomBytes } from 'node:crypto'
import { type Attack, attackerAddress } from './attack.ts'
import { handshakeSteps, type Step } from './handshake-steps.ts'
import { attempts, settles } from './pacing.ts'

const garbageBytesMax = 4096
const hosts = 16
/** Half a message is waited for as long as a slow one would be. */
const patienceMs = 15_000

/** Random bytes at each step. Refused is what the node ends. */
export const handshakeGarbage: Attack = async (context) => {
  const { target, tally } = context
  await attempts(context, async (index) => {
    const step = handshakeSteps[index % handshakeSteps.length] as Step
    const stuck = await step(target, attackerAddress(target, 2 + (index % hosts), 3))
    if (typeof stuck === 'string') return tally.refuse(stuck)
    stuck.write(randomBytes(1 + ((index * 97) % garbageBytesMax)))
    if (await settles(stuck.closed, patienceMs)) tally.refuse(stuck.place())
    else tally.accept()
    await stuck.end()
  })
}
