/** One measured number of `synod bench`. */
export interface Figure {
  /** In camelCase, the unit last where the name would not tell: `finalityMsP50`. */
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What the machine or the rival does at best, measured in the same run and in the same unit; null where there is none. */
  readonly limit: number | null
  /** `value / limit`. */
  readonly ratio: number | null
}

export function figure(name: string, value: number, unit: string, limit: number | null = null): Figure {
  return { name, value, unit, limit, ratio: limit === null ? null : value / limit }
}
