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
  /** Answers everybody who waits with false: what they would have signed is over. */
  dismiss(): void
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

  const isOpen = (): boolean => listened && synced && fault === undefined

  function settle(): void {
    if (isOpen() || fault !== undefined) answer(isOpen())
  }

  function answer(safe: boolean): void {
    const resumed = waiting
    waiting = []
    for (const resume of resumed) resume(safe)
  }

  return {
    get open() {
      return isOpen()
    },
    get fault() {
      return fault
    },
    passed() {
      if (isOpen() || fault !== undefined) return Promise.resolve(isOpen())
      return new Promise((resume) => waiting.push(resume))
    },
    dismiss: () => answer(false),
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
