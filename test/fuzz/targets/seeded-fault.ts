/** A decoder with a fault that blind chance finds once in four thousand million frames, and a fuzzer that follows the code step by step. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Target } from '../fuzz.ts'

export async function seededFault(): Promise<Target> {
  const { decodeWithFault } = (await import(pathToFileURL(join(import.meta.dirname, 'faulty-decoder.ts')).href)) as {
    decodeWithFault: (frame: Uint8Array) => void
  }
  return { name: 'SeededFault', bytesMax: 64, seeds: [new Uint8Array(8)], run: decodeWithFault }
}
