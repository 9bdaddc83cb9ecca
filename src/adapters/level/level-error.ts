import { OperationalError } from '../../primitives/operational-error.ts'

/** Runs work on a database; what it refuses becomes DATA_DIR_LOCKED, STORE_CORRUPT, DISK_FULL or DISK_FAILED. */
export async function onLevel<T>(location: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw operational(location, error)
  }
}

/** LevelDB tells some errors by code, others by text alone. */
export function operational(location: string, error: unknown): OperationalError {
  if (error instanceof OperationalError) return error
  const texts: string[] = []
  const codes: unknown[] = []
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    texts.push(cause.message)
    codes.push((cause as NodeJS.ErrnoException).code)
  }
  const text = texts.join(': ')
  const options = { where: location, cause: error }
  if (codes.includes('LEVEL_LOCKED'))
    return new OperationalError('DATA_DIR_LOCKED', `The store is open already: ${text}`, options)
  if (codes.includes('LEVEL_CORRUPTION')) return new OperationalError('STORE_CORRUPT', `The store is damaged: ${text}`, options)
  if (codes.includes('ENOSPC') || /no space left|quota exceeded/i.test(text)) {
    return new OperationalError('DISK_FULL', `The store cannot be written: ${text}`, options)
  }
  return new OperationalError('DISK_FAILED', `The store cannot be read or written: ${text}`, options)
}
