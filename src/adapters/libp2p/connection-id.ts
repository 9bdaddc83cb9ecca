let last = 0

/** Numbers the connections of this process, so that a connection's arrival and its end can be told to be the same. */
export function nextConnectionId(): number {
  last += 1
  return last
}
