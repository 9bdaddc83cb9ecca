import { createBoundedMap } from '../primitives/bounded-map.ts'
import { parseIp, reachOf } from './network-group.ts'

/**
 * The IP addresses at which peers see this node. One peer can say anything, and one party has many: what counts is how many network
 * groups of peers, which this node chose to dial, say the same.
 */
export interface ObservedHosts {
  /** @param group of the observer. True when that changes what is believed. */
  observed(group: string, host: string, now: number): boolean
  /** Of each address family what most groups say, if several do. */
  believed(now: number): readonly string[]
}

const groupsMin = 2
const groupsMax = 64
const holdsMs = 2 * 60 * 60_000

export function createObservedHosts(): ObservedHosts {
  const said = createBoundedMap<string, { readonly host: string; readonly at: number }>(groupsMax)

  function believed(now: number): readonly string[] {
    const counts = new Map<string, number>()
    for (const [, { host, at }] of said.entries()) if (now - at < holdsMs) counts.set(host, (counts.get(host) ?? 0) + 1)
    return [4, 16].flatMap((length) => {
      const ofFamily = [...counts].filter(([host]) => parseIp(host)?.length === length)
      const most = Math.max(...ofFamily.map(([, count]) => count))
      const first = ofFamily.filter(([, count]) => count === most)
      // Two that are said equally often are two answers, and no address.
      return most >= groupsMin && first.length === 1 ? first.map(([host]) => host) : []
    })
  }

  return {
    observed(group, host, now) {
      if (reachOf(host) !== 'world') return false
      const before = believed(now).join()
      const family = parseIp(host)?.length === 4 ? 'ip4' : 'ip6'
      said.set(`${family} ${group}`, { host, at: now })
      return believed(now).join() !== before
    },
    believed,
  }
}
