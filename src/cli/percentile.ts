/** The value below which `part` (0 to 1) of the samples lie, by the nearest rank; `null` without samples. */
export function percentile(samples: readonly number[], part: number): number | null {
  if (samples.length === 0) return null
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? null
}
