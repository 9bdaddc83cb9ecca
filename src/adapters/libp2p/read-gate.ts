/**
 * Whether anything but control is read from a peer. While the gate is closed, what the peer sends waits: first in the windows of its
 * streams here, which are bounded, then with the peer itself.
 */
export interface ReadGate {
  readonly isClosed: boolean
  /** Closes the gate for so long from now; 0 opens it. */
  closeFor(ms: number): void
  /** Tells a stream when the gate closes and opens. Returns how the stream leaves. */
  join(onChange: () => void): () => void
  /** The connection is over. */
  end(): void
}

export function createReadGate(): ReadGate {
  const members = new Set<() => void>()
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  function set(closed: boolean): void {
    if (isClosed === closed) return
    isClosed = closed
    for (const onChange of members) onChange()
  }

  return {
    get isClosed() {
      return isClosed
    },
    closeFor(ms) {
      clearTimeout(timer)
      set(ms > 0)
      if (ms > 0) timer = setTimeout(set, ms, false)
    },
    join(onChange) {
      members.add(onChange)
      return () => void members.delete(onChange)
    },
    end() {
      clearTimeout(timer)
      members.clear()
    },
  }
}
