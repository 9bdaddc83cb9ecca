import { TomlDate } from 'smol-toml'

/** Milliseconds since the Unix epoch of an integer or an ISO 8601 date and time with its offset; `undefined` for anything else. */
export function parseTimestamp(given: number | string): number | undefined {
  if (typeof given === 'number') return given
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i.test(given)) return undefined
  const time = new TomlDate(given).getTime()
  return Number.isSafeInteger(time) && time >= 0 ? time : undefined
}
