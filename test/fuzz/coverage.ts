/**
 * Which ways through the code a run took, after AFL: an edge is a pair of successive places, and how often it was taken counts by its
 * order of magnitude. Source: M. Zalewski, "Technical whitepaper for afl-fuzz", section 1.
 */
const edgesMax = 1 << 16

export interface Coverage {
  /** Edges seen since the beginning. */
  readonly edges: number
  /** Forgets all that was seen: what one decoder did says nothing about the next. */
  reset(): void
  /** Begins a run. */
  begin(): void
  /** Ends a run: true when it went a way that no run had gone. */
  end(): boolean
}

/** Installs the global that instrumented code calls. One per process. */
export function installCoverage(): Coverage {
  const counts = new Uint8Array(edgesMax)
  const magnitudesSeen = new Uint8Array(edgesMax)
  const taken = new Uint32Array(edgesMax)
  let takenCount = 0
  let previous = 0
  let edges = 0

  function edge(place: number): void {
    const index = (place ^ (previous >>> 1)) & (edgesMax - 1)
    previous = place
    const count = counts[index] as number
    if (count === 0) taken[takenCount++] = index
    if (count < 255) counts[index] = count + 1
  }

  Object.assign(globalThis, { __edge: edge })

  function forget(): void {
    for (let position = 0; position < takenCount; position++) counts[taken[position] as number] = 0
    takenCount = 0
  }

  return {
    get edges() {
      return edges
    },
    reset() {
      magnitudesSeen.fill(0)
      edges = 0
    },
    begin() {
      forget()
      previous = 0
    },
    end() {
      let isNew = false
      for (let position = 0; position < takenCount; position++) {
        const index = taken[position] as number
        const magnitude = 1 << Math.min(7, 31 - Math.clz32(counts[index] as number))
        const seen = magnitudesSeen[index] as number
        if ((seen & magnitude) !== 0) continue
        if (seen === 0) edges++
        magnitudesSeen[index] = seen | magnitude
        isNew = true
      }
      return isNew
    },
  }
}

/** Spreads successive numbers over the table, so that pairs of neighbours do not collide. */
export function placeNumbers(): () => number {
  let count = 0
  return () => {
    count++
    return Math.imul(count, 0x9e37_79b1) >>> 16
  }
}
