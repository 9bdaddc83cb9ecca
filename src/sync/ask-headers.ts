import type { HeaderRange } from '../chain/header-message.ts'
import type { AskDesk, Patience } from './ask-desk.ts'

/** Asks a peer for headers; `heard` is called once, with nothing when none came in time. */
export function askHeaders(
  desk: AskDesk,
  question: { readonly peer: string; readonly from: number; readonly count: number; readonly patience: Patience },
  heard: (range: HeaderRange | undefined) => void,
): number {
  const { peer, from, count, patience } = question
  let range: HeaderRange | undefined
  return desk.ask({ peer, kind: 'headers', from, count }, patience, {
    answered(answer) {
      if (answer.type === 'headers') range ??= answer.range
    },
    ended: () => heard(range),
  })
}
