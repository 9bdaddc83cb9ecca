import type { Timer } from '../ports/clock.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Ports } from './ports.ts'

/** Keeps a small file up with what it describes: a while after a change, one write at a time, and what has changed meanwhile after it. */
export interface SmallFileWriter {
  /** Something worth keeping has happened: it is on disk soon. */
  changed(): void
  /** Resolves when what is worth keeping is on disk, or could not be written. */
  stop(): Promise<void>
}

export function createSmallFileWriter(options: {
  readonly ports: Pick<Ports, 'clock' | 'disk' | 'telemetry'>
  readonly fileName: string
  readonly encoded: () => Bytes
  /** How long changes gather, by the size of the last file: what is large is written less often. */
  readonly delayMs: (bytes: number) => number
}): SmallFileWriter {
  const { fileName, encoded, delayMs } = options
  const { clock, disk, telemetry } = options.ports
  let timer: Timer | undefined
  let writing: Promise<void> = Promise.resolve()
  let bytes = 0
  let stopped = false

  async function write(): Promise<void> {
    const content = encoded()
    bytes = content.length
    await disk.writeSmall(fileName, content).catch((error: unknown) => {
      telemetry.log('warn', 'a file could not be written: what is new in it would be lost by a restart', {
        file: fileName,
        error: String(error),
      })
    })
  }

  function flush(): void {
    timer = undefined
    writing = writing.then(write)
  }

  return {
    changed() {
      if (stopped || timer) return
      timer = clock.schedule(delayMs(bytes), flush)
    },
    async stop() {
      stopped = true
      timer?.cancel()
      if (timer) flush()
      await writing
    },
  }
}
