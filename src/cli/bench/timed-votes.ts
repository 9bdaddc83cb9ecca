/** Messages as long as votes, which tell when they were sent, by the clock that all processes of a machine share. */
export const voteBytes = 200

/** What a vote's last byte says of the time in which it was sent. Those of neither are not counted. */
const phases = { idle: 1, loaded: 2 } as const
export type Phase = keyof typeof phases

/** In ms. */
export type Delays = Readonly<Record<Phase, number[]>>

export const noDelays = (): Delays => ({ idle: [], loaded: [] })

export function createVote(phase: Phase | undefined): Uint8Array {
  const vote = new Uint8Array(voteBytes)
  new DataView(vote.buffer).setFloat64(0, machineNow())
  if (phase !== undefined) vote[voteBytes - 1] = phases[phase]
  return vote
}

/** Counts a vote that arrived just now. */
export function time(vote: Uint8Array, delays: Delays): void {
  const delayMs = machineNow() - new DataView(vote.buffer, vote.byteOffset).getFloat64(0)
  const phase = vote[voteBytes - 1]
  if (phase === phases.idle) delays.idle.push(delayMs)
  if (phase === phases.loaded) delays.loaded.push(delayMs)
}

/** In ms, to the microsecond. */
function machineNow(): number {
  return performance.timeOrigin + performance.now()
}
