/** How fast something grows, and how sure that is: a straight line by least squares, with an interval that holds for samples that follow one another. */
export interface Slope {
  /** Per unit of x. */
  readonly slope: number
  /** Half the width of the 95 % confidence interval. */
  readonly margin: number
  readonly samples: number
  /** Correlation of one residual with the next. */
  readonly autocorrelation: number
}

/**
 * Ordinary least squares. Residuals of a process's memory are not independent: a standard error that took them for such would be far too
 * small, so it is widened by the effective number of samples of an AR(1) process, n (1 − r) / (1 + r).
 */
export function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): Slope {
  const count = points.length
  if (count < 8) throw new Error(`${count} samples are too few for a slope`)
  const meanX = mean(points.map(({ x }) => x))
  const meanY = mean(points.map(({ y }) => y))
  const spread = sum(points.map(({ x }) => (x - meanX) ** 2))
  const slope = sum(points.map(({ x, y }) => (x - meanX) * (y - meanY))) / spread
  const residuals = points.map(({ x, y }) => y - meanY - slope * (x - meanX))
  const squares = sum(residuals.map((residual) => residual ** 2))
  const products = sum(residuals.slice(1).map((residual, index) => residual * (residuals[index] as number)))
  const autocorrelation = squares === 0 ? 0 : Math.min(0.99, Math.max(0, products / squares))
  const effective = Math.max(3, (count * (1 - autocorrelation)) / (1 + autocorrelation))
  const error = Math.sqrt(squares / count / (effective - 2) / (spread / count))
  return { slope, margin: student95(effective - 2) * error, samples: count, autocorrelation }
}

/** The two-sided 95 % quantile of Student's distribution, by the expansion of Cornish and Fisher; for one degree of freedom, its own. */
function student95(freedom: number): number {
  const z = 1.959964
  if (freedom <= 1) return 12.706
  const first = (z ** 3 + z) / (4 * freedom)
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2)
  return z + first + second
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}
