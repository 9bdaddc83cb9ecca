import { OperationalError } from '../../primitives/operational-error.ts'
import type { Console } from './command.ts'
import { cut } from './table.ts'

export interface LiveView {
  readonly console: Console
  /** Show it once, also on a terminal. */
  readonly once: boolean
  readonly intervalMs: number
  /** The lines to show, at most so many characters wide. */
  frame(width: number): Promise<readonly string[]>
}

/** Where nobody watches lines may be this long. */
const pipedWidth = 200

/** What has to be written to a terminal. */
const enter = '\u001b[?1049h\u001b[?25l'
const leave = '\u001b[?25h\u001b[?1049l'
const home = '\u001b[H'
const clearLine = '\u001b[K'
const clearBelow = '\u001b[J'

/** Shows a picture that is drawn anew every so often, until q or Ctrl-C; once, where the output is no terminal. */
export async function showLive(view: LiveView): Promise<void> {
  const { console, intervalMs } = view
  const first = await view.frame(console.terminal?.()?.columns ?? pipedWidth)
  if (view.once || !console.terminal?.()) return console.out(`${first.join('\n')}\n`)
  const end = listenForTheEnd()
  console.out(enter)
  try {
    let lines = first
    while (!end.asked) {
      draw(console, lines)
      await end.within(intervalMs)
      if (!end.asked) lines = await nextFrame(view, lines)
    }
  } finally {
    console.out(leave)
    end.stop()
  }
}

/** A node that does not answer for a moment does not end the view. */
async function nextFrame(view: LiveView, last: readonly string[]): Promise<readonly string[]> {
  try {
    return await view.frame(view.console.terminal?.()?.columns ?? pipedWidth)
  } catch (error) {
    if (error instanceof OperationalError) return [`${error.code}: ${error.message} Asking again …`, ...last.slice(1)]
    throw error
  }
}

function draw(console: Console, lines: readonly string[]): void {
  const { columns, rows } = console.terminal?.() ?? { columns: pipedWidth, rows: lines.length + 1 }
  const room = Math.max(1, rows - 1)
  const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`]
  console.out(`${home}${shown.map((line) => `${cut(line, columns)}${clearLine}\r\n`).join('')}${clearBelow}`)
}

function listenForTheEnd() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { stdin } = process
  let asked = false
  const end = (): void => {
    asked = true
    resolve()
  }
  const press = (keys: Buffer): void => {
    const typed = keys.toString()
    if (typed.includes('q') || typed.includes('\u0003')) end()
  }
  if (stdin.isTTY) stdin.setRawMode(true).on('data', press)
  process.once('SIGINT', end).once('SIGTERM', end)
  return {
    get asked() {
      return asked
    },
    /** Resolves after so long, or sooner when the end is asked for. */
    async within(delayMs: number): Promise<void> {
      let timer: NodeJS.Timeout | undefined
      await Promise.race([promise, new Promise<void>((resume) => (timer = setTimeout(resume, delayMs)))])
      clearTimeout(timer)
    },
    stop(): void {
      if (stdin.isTTY) stdin.setRawMode(false).off('data', press).pause()
      process.off('SIGINT', end).off('SIGTERM', end)
    },
  }
}
