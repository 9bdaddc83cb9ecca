/**
 * What somebody may have meant. Distances are edits, with neighbours swapped counting once; words in another order
 * (`max_peers`, `peers_max`) are near, and so is the right key in the wrong section.
 */
export function suggestion(given: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.ceil(Math.min(given.length, lengthMax) / 3)) + 1
  for (const candidate of known) {
    const distance = likeness(given.slice(0, lengthMax).toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** What is longer is cut: nobody means a name that long. */
const lengthMax = 64

/** `" Did you mean x?"`, or nothing. */
export function didYouMean(given: string, known: Iterable<string>): string {
  const meant = suggestion(given, known)
  return meant === undefined ? '' : ` Did you mean ${meant}?`
}

function likeness(given: string, candidate: string): number {
  return Math.min(
    editDistance(given, candidate),
    editDistance(sortedWords(given), sortedWords(candidate)) + 1,
    editDistance(lastPart(given), lastPart(candidate)) + 1.5,
  )
}

function sortedWords(text: string): string {
  const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)
  return text
    .split('.')
    .map((part) => part.split(/[_-]/).sort(compare).join('_'))
    .join('.')
}

function lastPart(text: string): string {
  return text.slice(text.lastIndexOf('.') + 1)
}

/** Damerau and Levenshtein's, restricted to swaps of neighbours. Texts past 64 characters are cut. */
function editDistance(left: string, right: string): number {
  const a = left.slice(0, lengthMax)
  const b = right.slice(0, lengthMax)
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1
      let distance = Math.min(at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + cost)
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) distance = Math.min(distance, at(beforePrevious, column - 2) + 1)
      current.push(distance)
    }
    ;[beforePrevious, previous] = [previous, current]
  }
  return at(previous, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] as number
}
