/**
 * Names what is going on from what had to be refused. One refusal is an accident; several of a kind within seconds are an attack, which
 * lasts until nothing of its kind has come for a while. Pure: events and time come in, beginnings and ends come out.
 */
export const attackKinds = ['flood', 'spam', 'eclipse', 'replay', 'slow-loris', 'malformed', 'oversized', 'bomb'] as const
export type AttackKind = (typeof attackKinds)[number]

export interface AttackDetector {
  /** Something hostile was refused. Returns the attack that it makes known, if it does; `certain`: once is enough. */
  note(kind: AttackKind, source: string, now: number, certain?: boolean): AttackNews | undefined
  /** The attacks that are over. To be asked every second or so. */
  over(now: number): readonly AttackNews[]
  /** Those under way. */
  active(): readonly AttackKind[]
}

export interface AttackNews {
  readonly kind: AttackKind
  readonly begins: boolean
  /** Refused events since it began, those that made it known included. */
  readonly events: number
  /** Different sources among them, as far as they were counted. */
  readonly sources: number
  readonly lastedMs: number
}

/** Events within the window that make an attack, where one alone proves nothing. What honest peers cause by accident or by their own faults stays below. */
export const eventsOf: Readonly<Record<AttackKind, number>> = {
  flood: 20,
  spam: 3,
  eclipse: 10,
  replay: 3,
  'slow-loris': 5,
  malformed: 5,
  oversized: 2,
  bomb: 1,
}
const windowMs = 10_000
const quietMs = 30_000
export const sourcesMax = 256

interface Episode {
  beganAt: number
  lastAt: number
  events: number
  readonly sources: Set<string>
  known: boolean
}

export function createAttackDetector(): AttackDetector {
  const episodes = new Map<AttackKind, Episode>()

  /** Before an attack is known, an episode is no longer than the window. */
  function episodeOf(kind: AttackKind, now: number): Episode {
    const present = episodes.get(kind)
    if (present && (present.known || now - present.beganAt <= windowMs)) return present
    const fresh: Episode = { beganAt: now, lastAt: now, events: 0, sources: new Set(), known: false }
    episodes.set(kind, fresh)
    return fresh
  }

  const news = (kind: AttackKind, { beganAt, lastAt, events, sources }: Episode, begins: boolean): AttackNews => {
    return { kind, begins, events, sources: sources.size, lastedMs: lastAt - beganAt }
  }

  return {
    note(kind, source, now, certain = false) {
      const episode = episodeOf(kind, now)
      episode.events++
      episode.lastAt = now
      if (episode.sources.size < sourcesMax) episode.sources.add(source)
      if (episode.known || (!certain && episode.events < eventsOf[kind])) return undefined
      episode.known = true
      return news(kind, episode, true)
    },
    over(now) {
      const ended = [...episodes].filter(([, episode]) => now - episode.lastAt > quietMs)
      for (const [kind] of ended) episodes.delete(kind)
      return ended.flatMap(([kind, episode]) => (episode.known ? [news(kind, episode, false)] : []))
    },
    active: () => [...episodes].flatMap(([kind, { known }]) => (known ? [kind] : [])),
  }
}
