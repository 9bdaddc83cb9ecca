/** The height that at least two thirds of these have reached, 0 when there are none. Who boasts moves it as little as who lies low. */
export function agreedHeight(heights: readonly number[]): number {
  const falling = [...heights].sort((a, b) => b - a)
  return falling[Math.ceil((2 * falling.length) / 3) - 1] ?? 0
}
