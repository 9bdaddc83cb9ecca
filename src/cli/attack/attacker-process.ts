/**
 * The attacker, as a process of its own, so that its work falls neither on the clock of whoever measures honest traffic nor, where there
 * are cores to spare, on anything else. It takes the lowest priority: on a small machine the attack must not win by starving the node of
 * its processor, which no network could do. Started by `run-attack.ts`, spoken to over its IPC channel.
 */
import { constants, setPriority } from 'node:os'
import type { AttackName } from './attack-kinds.ts'
import { attacks } from './attacks.ts'
import { type AttackTally, createTally } from './tally.ts'
import type { Target } from './target.ts'

export interface AttackTask {
  readonly kind: AttackName
  readonly target: Target
  readonly seconds: number
  readonly rate: number
  readonly connections: number
}

/** From the attacker: that the time is over, and later, when the last attempt has its outcome, what became of all. */
export type AttackerReport = { readonly kind: 'over' } | { readonly kind: 'done'; readonly tally: AttackTally }

setPriority(constants.priority.PRIORITY_LOW)

process.once('message', (task: AttackTask) => {
  run(task).then(
    (tally) => report({ kind: 'done', tally }),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit(0))

async function run({ kind, target, seconds, rate, connections }: AttackTask): Promise<AttackTally> {
  const tally = createTally(() => performance.now())
  const end = new AbortController()
  setTimeout(() => {
    end.abort()
    report({ kind: 'over' })
  }, seconds * 1000)
  await attacks[kind]({ target, rate, connections, signal: end.signal, tally })
  return tally.result()
}

function report(message: AttackerReport): void {
  process.send?.(message)
}
