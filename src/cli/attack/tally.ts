/** What became of everything an attacker tried. */
export const places = ['door', 'handshake', 'hello', 'dropped', 'disconnected', 'banned'] as const
/**
 * Where it was stopped. `door`: the connection was closed before a byte of ours was answered. `handshake`: before it was encrypted.
 * `hello`: before the peer was accepted. `dropped`: what was sent was not read, or read and thrown away. `disconnected`: the connection
 * had been ended for what was sent before. `banned`: the node had said that it would have no more of this peer.
 */
export type Place = (typeof places)[number]

export interface AttackTally {
  readonly attempted: number
  /** What the node took in, or let stand. */
  readonly accepted: number
  readonly refused: Readonly<Record<Place, number>>
  /** Milliseconds from the attack's first attempt to the first time the node was seen to have banned the attacker. */
  readonly banAfterMs: number | null
  /** What the node itself gave as reasons, each once, with how often. */
  readonly reasons: Readonly<Record<string, number>>
}

export interface Tally {
  accept(count?: number): void
  refuse(place: Place, count?: number): void
  /** What had been counted as accepted turns out to have been refused. */
  moved(place: Place, count?: number): void
  reason(text: string): void
  banned(): void
  result(): AttackTally
}

const reasonsMax = 16

/** @param now milliseconds of any steady clock. */
export function createTally(now: () => number): Tally {
  const refused: Record<Place, number> = { door: 0, handshake: 0, hello: 0, dropped: 0, disconnected: 0, banned: 0 }
  const reasons = new Map<string, number>()
  let startedAt: number | undefined
  let banAfterMs: number | null = null
  let accepted = 0

  const started = () => {
    startedAt ??= now()
    return startedAt
  }

  return {
    accept(count = 1) {
      started()
      accepted += count
    },
    refuse(place, count = 1) {
      started()
      refused[place] += count
    },
    moved(place, count = 1) {
      const moving = Math.min(count, accepted)
      accepted -= moving
      refused[place] += moving
    },
    reason(text) {
      if (reasons.has(text) || reasons.size < reasonsMax) reasons.set(text, (reasons.get(text) ?? 0) + 1)
    },
    banned() {
      banAfterMs ??= Math.round(now() - started())
    },
    result() {
      const attempted = accepted + Object.values(refused).reduce((sum, count) => sum + count, 0)
      return { attempted, accepted, refused: { ...refused }, banAfterMs, reasons: Object.fromEntries(reasons) }
    },
  }
}

/** Percent, of what was attempted; `null` when nothing was. */
export function refusedPercent({ attempted, accepted }: Pick<AttackTally, 'attempted' | 'accepted'>): number | null {
  return attempted === 0 ? null : ((attempted - accepted) / attempted) * 100
}
