import type { Block } from '../chain/block.ts'
import type { AskDesk } from './ask-desk.ts'
import { choosePeers } from './peer-choice.ts'

/** A block that came before its header was certified: nobody knows yet whether it is the one. */
export interface EarlyBody {
  readonly block: Block
  readonly bytes: number
  readonly peer: string
}

/**
 * The blocks of a short range, asked for together with their headers: a node that is a block or two behind a fast chain would never reach
 * its end if each cost two round trips. What comes is worth something only once its header is certified, and blames nobody otherwise.
 */
export interface EarlyBodies {
  /** All that came so far; nothing is waited for any more. */
  end(): readonly EarlyBody[]
}

const patience = { wholeMs: 1000, partMs: 1000 }
const noFailures: ReadonlyMap<string, number> = new Map()

export function askEarly(desk: AskDesk, { from, count }: { from: number; count: number }): EarlyBodies {
  const came: EarlyBody[] = []
  const [nearest] = choosePeers(desk.peers, { height: from + count - 1, failures: noFailures, load: desk.load })
  const id =
    nearest &&
    desk.ask({ peer: nearest.id, kind: 'blocks', from, count }, patience, {
      answered(answer) {
        if (answer.type === 'block' && came.length < count) came.push({ ...answer, peer: nearest.id })
      },
      ended: () => undefined,
    })
  return {
    end() {
      desk.drop(id)
      return came
    },
  }
}
