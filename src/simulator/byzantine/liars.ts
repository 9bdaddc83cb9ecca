import { amnesiac } from './amnesiac.ts'
import { batchWithholder } from './batch-withholder.ts'
import { conspirator } from './conspirator.ts'
import { equivocator } from './equivocator.ts'
import { falseHistorian } from './false-historian.ts'
import { forger } from './forger.ts'
import { invalidProposer } from './invalid-proposer.ts'
import type { Liar } from './liar.ts'
import { polkaInventor } from './polka-inventor.ts'
import { silent } from './silent.ts'
import { spammer } from './spammer.ts'

/** Every attack, by the name the command line knows it by. */
export const liars = {
  amnesiac,
  'batch-withholder': batchWithholder,
  conspirator,
  equivocator,
  'false-historian': falseHistorian,
  forger,
  'invalid-proposer': invalidProposer,
  'polka-inventor': polkaInventor,
  silent,
  spammer,
} as const satisfies Record<string, Liar>
export type LiarName = keyof typeof liars
export const liarNames = Object.keys(liars) as readonly LiarName[]
