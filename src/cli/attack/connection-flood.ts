import { type Attack, attackerAddress } from './attack.ts'
import { attempts, settles } from './pacing.ts'
import { multistream, rawConnection } from './raw-connection.ts'

const hosts = 8
const answerWithinMs = 3_000

/** Connections from a handful of hosts. One that the node answers is let in, and is held to the end. */
export const connectionFlood: Attack = async (context) => {
  const { target, tally, connections } = context
  const held: { destroy(): void }[] = []
  await attempts(context, async (index) => {
    const connection = rawConnection(target, attackerAddress(target, 1, index % hosts))
    connection.write(multistream('/multistream/1.0.0'))
    const isMet = await settles(connection.met, answerWithinMs)
    if (connection.answered) {
      tally.accept()
      if (held.length < connections) held.push(connection)
      else connection.destroy()
      return
    }
    // Neither answered nor closed: the node let it wait.
    tally.refuse(isMet ? 'door' : 'dropped')
    connection.destroy()
  })
  for (const connection of held) connection.destroy()
}
