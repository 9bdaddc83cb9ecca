import { OperationalError } from '../../primitives/operational-error.ts'

/** Runs disk work; what the system refuses becomes DISK_FULL or DISK_FAILED, naming the file. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw diskError(path, error)
  }
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

function diskError(path: string, error: unknown): OperationalError {
  if (error instanceof OperationalError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
  return new OperationalError(full ? 'DISK_FULL' : 'DISK_FAILED', message, { where: path, cause: error })
}
