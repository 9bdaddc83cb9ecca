/** Frames kept from earlier runs, one line of hexadecimal each. Few and short: they are a start, not a record. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = join(import.meta.dirname, 'corpus')
const framesMax = 24
const frameBytesMax = 160

export function savedCorpus(target: string): Uint8Array[] {
  const path = join(directory, `${target}.txt`)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Uint8Array.from(Buffer.from(line, 'hex')))
}

/** Keeps what was found last, since it was the hardest to find. */
export function saveCorpus(target: string, corpus: readonly Uint8Array[]): void {
  const kept = corpus.filter(({ length }) => length > 0 && length <= frameBytesMax).slice(-framesMax)
  const lines = kept.map((frame) => `${Buffer.from(frame).toString('hex')}\n`)
  writeFileSync(join(directory, `${target}.txt`), lines.join(''))
}
