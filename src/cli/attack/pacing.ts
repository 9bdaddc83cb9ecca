import type { AttackContext } from './attack.ts'

const tickMs = 10

/** Calls back with how many attempts have become due, until the signal. */
export function everyTick(
  { rate, signal }: Pick<AttackContext, 'rate' | 'signal'>,
  onDue: (count: number) => void,
): Promise<void> {
  const startedAt = performance.now()
  let done = 0
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (signal.aborted) {
        clearInterval(timer)
        return resolve()
      }
      const due = Math.floor(((performance.now() - startedAt) / 1000) * rate) - done
      done += due
      // A machine that stood still for a moment is not to be made up for in one burst.
      if (due > 0) onDue(Math.min(due, Math.ceil(rate / 10)))
    }, tickMs)
  })
}

/** Makes attempts at the rate, with at most so many under way, and resolves when the last has its outcome. */
export async function attempts(
  context: Pick<AttackContext, 'rate' | 'connections' | 'signal'>,
  attempt: (index: number) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  let index = 0
  await everyTick(context, (due) => {
    for (let count = 0; count < due && running.size < context.connections; count++) {
      const one: Promise<void> = attempt(index++).finally(() => running.delete(one))
      running.add(one)
    }
  })
  await Promise.all(running)
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Whether it settled, either way, before the deadline. */
export function settles(work: Promise<unknown>, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), Math.max(0, deadlineMs))
    const settled = () => {
      clearTimeout(timer)
      resolve(true)
    }
    work.then(settled, settled)
  })
}
