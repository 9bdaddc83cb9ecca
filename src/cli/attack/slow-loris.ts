import { type Attack, attackerAddress } from './attack.ts'
import { handshakeSteps, type Step } from './handshake-steps.ts'
import { attempts, settles } from './pacing.ts'

/** How long after the attack the node may take to end what is still open. */
const patienceMs = 15_000

/** Connections that fall silent, each at another step and from another subnet. Refused is what the node ends by itself. */
export const slowLoris: Attack = async (context) => {
  const { target, tally, signal } = context
  const over = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => void setTimeout(over.resolve, patienceMs), { once: true })
  await attempts(context, async (index) => {
    const step = handshakeSteps[index % handshakeSteps.length] as Step
    const stuck = await step(target, attackerAddress(target, index % 250, 7))
    if (typeof stuck === 'string') return tally.refuse(stuck)
    let isOver = false
    await Promise.race([stuck.closed, over.promise.then(() => (isOver = true))])
    if (isOver && !(await settles(stuck.closed, 0))) tally.accept()
    else tally.refuse(stuck.place())
    await stuck.end()
  })
}
