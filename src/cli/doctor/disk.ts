import { mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { percentile } from '../percentile.ts'
import { type Finding, failure, ok, warning } from './finding.ts'

export interface DiskSpeed {
  /** The middle of the times that a small write took to be durable. */
  readonly syncMs: number
  readonly bytesPerSecond: number
}

export interface DiskSpace {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** Every vote waits for one durable write before it is sent. */
const syncMsGood = 10
const syncMsMax = 100
const bytesPerSecondGood = 20e6
const freeBytesGood = 2 ** 31
const freeBytesMin = 2 ** 28

export function judgeDiskSpeed({ syncMs, bytesPerSecond }: DiskSpeed): Finding {
  const check = 'disk speed'
  const found = `${syncMs.toFixed(1)} ms a durable write, ${Math.round(bytesPerSecond / 1e6)} MB/s`
  if (syncMs > syncMsMax) return failure(check, found, 'Votes would be late: put data_dir on an SSD of this machine.')
  if (syncMs > syncMsGood || bytesPerSecond < bytesPerSecondGood)
    return warning(check, found, 'Each vote waits for this disk: put data_dir on a faster one if this node validates.')
  return ok(check, found)
}

export function judgeDiskSpace({ freeBytes, totalBytes }: DiskSpace): Finding {
  const check = 'disk space'
  const found = `${gibibytes(freeBytes)} of ${gibibytes(totalBytes)} GiB are free`
  const advice = 'Make room, or move data_dir: the node stops when the disk is full.'
  if (freeBytes < freeBytesMin) return failure(check, found, advice)
  return freeBytes < freeBytesGood ? warning(check, found, advice) : ok(check, found)
}

export async function measureDiskSpace(directory: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(await existing(directory))
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

const smallWrites = 40
const bulkBytes = 32 * 2 ** 20
const chunkBytes = 2 ** 20

/** Writes beside the node's data, and removes it again. */
export async function measureDiskSpeed(directory: string): Promise<DiskSpeed> {
  const scratch = await mkdtemp(join(await existing(directory), '.doctor-'))
  try {
    const file = await open(join(scratch, 'probe'), 'w')
    try {
      const times: number[] = []
      for (let written = 0; written < smallWrites; written++) {
        const start = performance.now()
        await file.write(new Uint8Array(4096).fill(written))
        await file.datasync()
        times.push(performance.now() - start)
      }
      const start = performance.now()
      for (let written = 0; written < bulkBytes; written += chunkBytes) await file.write(new Uint8Array(chunkBytes).fill(1))
      await file.datasync()
      return { syncMs: percentile(times, 0.5) ?? 0, bytesPerSecond: (bulkBytes / (performance.now() - start)) * 1000 }
    } finally {
      await file.close()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** The directory, or the nearest above it that there is: before its first start a node has no data directory. */
async function existing(directory: string): Promise<string> {
  const there = await statfs(directory).catch(() => undefined)
  return there || dirname(directory) === directory ? directory : existing(dirname(directory))
}

const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1)
