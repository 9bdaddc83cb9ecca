import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { type Attack, attackerAddress } from './attack.ts'
import { createHostilePeer } from './hostile-peer.ts'
import { attempts, settles } from './pacing.ts'

/** Identity after identity, all from one subnet, that do nothing wrong and keep every place they get. */
export const eclipse: Attack = async (context) => {
  const { target, tally, signal } = context
  const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  await attempts(context, async (index) => {
    const peer = await createHostilePeer({
      privateKeySeed: systemEntropy.bytes(32),
      localAddress: attackerAddress(target, 5, index),
    })
    const greeted = await peer.greet(target)
    if ('place' in greeted) {
      tally.refuse(greeted.place)
      tally.reason(greeted.reason)
    } else {
      tally.accept()
      await Promise.race([greeted.connection.closed, over])
      // What was let in and put out again before the attack was over did not keep its place.
      if (!signal.aborted && (await settles(greeted.connection.closed, 0))) tally.moved('disconnected')
    }
    await peer.bare.stop()
  })
}
