import { OperationalError } from '../../primitives/operational-error.ts'

/** Quantities as people read and write them. */
const steps = ['', 'k', 'M', 'G', 'T', 'P'] as const

/** Bytes in three digits or so: 0, 999, 1.2k, 34k, 5.6M. Steps are of 1000. */
export function bytesText(bytes: number): string {
  let value = bytes
  let step = 0
  while (value >= 999.5 && step < steps.length - 1) {
    value /= 1000
    step++
  }
  return `${step > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)}${steps[step]}`
}

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `90s`, `15m`, `1h`, `7d`, in milliseconds. Throws USAGE_INVALID. */
export function parseDuration(option: string, text: string): number {
  const [, digits, unit] = /^([0-9]{1,9})([smhd])$/.exec(text) ?? []
  const durationMs = Number(digits) * unitsMs[unit as keyof typeof unitsMs]
  if (durationMs > 0) return durationMs
  throw new OperationalError(
    'USAGE_INVALID',
    `--${option} is ${JSON.stringify(text.slice(0, 60))}; it must be a time such as 90s, 15m, 1h or 7d.`,
  )
}

/** The largest unit that is full, and no smaller one: `3 d`, `2 h`, `50 s`. */
export function durationText(durationMs: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (durationMs >= unitsMs[unit]) return `${Math.floor(durationMs / unitsMs[unit])} ${unit === 'm' ? 'min' : unit}`
  }
  return `${Math.max(0, Math.floor(durationMs / unitsMs.s))} s`
}
