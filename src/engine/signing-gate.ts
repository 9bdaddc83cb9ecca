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
  /** The node stands where its peers do, at this height of the latest final block. */
  caughtUp(height: number): void
  /** Whether the holder of the key is there; so until it is said to be gone. */
  holder(present: boolean): void
  /** It does not any more. What it heard meanwhile of the chain's present is not enough, and listening begins anew. */
  fellBehind(): void
  shut(reason: string): void
  stop(): void
}

export function createSigningGate(clock: Clock, waitMs: number): SigningGate {
  let waiting: ((safe: boolean) => void)[] = []
  let listened = false
  let synced = false
  let held = true
  let fault: string | undefined
  let timer: Timer | undefined

  const isOpen = (): boolean => listened && synced && held && fault === undefined

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
    /**
     * The wait begins here: before it is among its peers, a node hears no doppelgänger. Nobody has signed for long on a chain without
     * blocks; but it is the chain that must have none, not this node's disk, which is empty too where a key was copied to.
     */
    caughtUp(height) {
      if (synced) return
      synced = true
      listened = waitMs === 0 || height === 0
      if (listened) return settle()
      timer = clock.schedule(waitMs, () => {
        listened = true
        settle()
      })
    },
    holder(present) {
      held = present
      settle()
    },
    fellBehind() {
      if (listened) return
      timer?.cancel()
      synced = false
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
