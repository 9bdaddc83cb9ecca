import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runSynod } from '../e2e/support/run-synod.ts'

/** What `synod inspect --json` says of a stopped node. */
export interface Inspected {
  readonly status: number | null
  readonly chain: { readonly height: number; readonly oldestBlock: number; readonly stateVersions: readonly number[] } | null
  readonly lastSigned: { readonly height: number; readonly round: number; readonly step: number } | null
  readonly rollbacks: readonly { readonly from: number; readonly to: number }[]
  readonly faults: readonly { readonly file: string; readonly code: string; readonly hint: string }[]
}

export async function inspectHome(home: string, ...words: readonly string[]): Promise<Inspected> {
  const { status, stdout, stderr } = await runSynod(['inspect', '--home', home, '--json', ...words])
  if (stdout === '') throw new Error(`inspect said nothing: ${stderr}`)
  return { status, ...(JSON.parse(stdout) as Omit<Inspected, 'status'>) }
}

/** Every file below a directory with its times and content. */
export async function pictureOf(directory: string): Promise<Map<string, string>> {
  const picture = new Map<string, string>()
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name)
    const { mtimeMs, ctimeMs, mode, size } = await stat(path)
    const content = (await stat(path)).isFile() ? (await readFile(path)).toString('base64') : ''
    picture.set(name, `${mtimeMs} ${ctimeMs} ${mode} ${size} ${content}`)
  }
  return picture
}

/** Flips one bit of a file: of the byte at this share of its length. */
export async function flipBit(path: string, share: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    const at = Math.min(size - 1, Math.floor(size * share))
    const byte = new Uint8Array(1)
    await file.read(byte, 0, 1, at)
    byte[0] = (byte[0] as number) ^ 0x10
    await file.write(byte, 0, 1, at)
  } finally {
    await file.close()
  }
}

/** The largest file of a store whose name ends so. */
export async function largestOf(directory: string, ending: string): Promise<string | undefined> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(ending))
  const sized = await Promise.all(names.map(async (name) => ({ name, size: (await stat(join(directory, name))).size })))
  const largest = sized.sort((left, right) => right.size - left.size)[0]
  return largest && largest.size > 0 ? join(directory, largest.name) : undefined
}
