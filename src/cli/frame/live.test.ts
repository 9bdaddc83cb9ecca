import { describe, expect, it, vi } from 'vitest'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Console, TerminalSize } from './command.ts'
import { showLive } from './live.ts'

function consoleOn(terminal?: TerminalSize) {
  const written: string[] = []
  const console: Console = {
    out: (text) => void written.push(text),
    err: () => undefined,
    askSecret: async () => undefined,
    readInput: async () => '',
    ...(terminal && { terminal: () => terminal }),
    environment: {},
    workingDirectory: '/',
  }
  return { console, written }
}

const end = () => process.emit('SIGINT')

describe('a picture that is drawn anew', () => {
  it('is shown once, in plain lines, where no terminal shows it or it is asked for once', async () => {
    const widths: number[] = []
    const frame = async (width: number) => {
      widths.push(width)
      return ['one', 'two']
    }
    const piped = consoleOn()
    await showLive({ console: piped.console, once: false, intervalMs: 1, frame })
    const once = consoleOn({ columns: 90, rows: 5 })
    await showLive({ console: once.console, once: true, intervalMs: 1, frame })
    expect([piped.written, once.written, widths]).toEqual([['one\ntwo\n'], ['one\ntwo\n'], [200, 90]])
  })

  it('goes on until it is told to end, in the size of the terminal, which it leaves as it was', async () => {
    const { console, written } = consoleOn({ columns: 10, rows: 4 })
    let frames = 0
    const shown = showLive({
      console,
      once: false,
      intervalMs: 1,
      frame: async () => [`frame ${++frames} of a longer text`, 'b', 'c', 'd', 'e'],
    })
    await vi.waitFor(() => expect(frames).toBeGreaterThan(2))
    end()
    await shown
    expect(written[0]).toBe('\u001b[?1049h\u001b[?25l')
    expect(written[1]).toBe('\u001b[Hframe 1 o…\u001b[K\r\nb\u001b[K\r\n… 3 more …\u001b[K\r\n\u001b[J')
    expect(written.at(-1)).toBe('\u001b[?25h\u001b[?1049l')
    expect(process.listeners('SIGINT')).toHaveLength(0)
  })

  it('outlives a node that does not answer for a moment, and ends at anything else', async () => {
    const { console, written } = consoleOn({ columns: 80, rows: 24 })
    let frames = 0
    const frame = async () => {
      frames++
      if (frames === 2) throw new OperationalError('API_REFUSED', 'Gone.')
      if (frames === 4) throw new TypeError('a bug')
      return ['head', 'body']
    }
    await expect(showLive({ console, once: false, intervalMs: 1, frame })).rejects.toThrow('a bug')
    expect(written[2]).toContain('API_REFUSED: Gone. Asking again …\u001b[K\r\nbody')
    expect(written.at(-1)).toBe('\u001b[?25h\u001b[?1049l')
    const gone = consoleOn({ columns: 80, rows: 24 })
    const never = () => Promise.reject(new OperationalError('API_REFUSED', 'Gone.'))
    await expect(showLive({ console: gone.console, once: false, intervalMs: 1, frame: never })).rejects.toThrow('Gone.')
    expect(gone.written).toEqual([])
  })
})
