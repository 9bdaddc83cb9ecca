import type { Clock, Timer } from '../ports/clock.ts'

/**
 * Holds back every signature until it is safe: the node has caught up with its peers, and has listened long enough to know that no
 * other machine is signing with its key. Closes for good when one is.
 */
export interface SigningGate {
  readonly open: boolean
  /** Why signing has ended for good; undefined while all is well. */
  readonly fault: string | undefined
  /** Resolves with true once signing is safe, with false when it never will be. */
  passed(): Promise<boolean>
  caughtUp(): void
  shut(reason: string): void
  stop(): void
}

export function createSigningGate(clock: Clock, waitMs: number): SigningGate {
  let waiting: ((safe: boolean) => void)[] = []
  let listened = waitMs === 0
  let synced = false
  let fault: string | undefined
  let timer: Timer | undefined

  function settle(): void {
    if (fault === undefined && !(listened && synced)) return
    const resumed = waiting
    waiting = []
    for (const resume of resumed) resume(fault === undefined)
  }

  return {
    get open() {
      return listened && synced && fault === undefined
    },
    get fault() {
      return fault
    },
    passed() {
      if (fault !== undefined) return Promise.resolve(false)
      if (listened && synced) return Promise.resolve(true)
      return new Promise((resume) => waiting.push(resume))
    },
    /** The wait begins here: before it is among its peers, a node hears no doppelgänger. */
    caughtUp() {
      if (synced) return
      synced = true
      if (listened) return settle()
      timer = clock.schedule(waitMs, () => {
        listened = true
        settle()
      })
    },
    shut(reason) {
      fault ??= reason
      settle()
    },
    stop() {
      timer?.cancel()
      fault ??= 'stopped'
      settle()
    },
  }
}
