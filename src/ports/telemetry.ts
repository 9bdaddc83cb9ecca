/** Where a node's log lines and figures go. Only `engine/` and above speak to it: lower floors neither log nor count. */
export interface Telemetry {
  /** `message` is constant text; what varies stands in `fields`. Bytes from other parties never appear above `debug`. */
  log(level: LogLevel, message: string, fields?: LogFields): void
  /** Adds to a counter of the metrics catalogue. */
  count(metric: string, by?: number, labels?: MetricLabels): void
  /** Sets a gauge. */
  gauge(metric: string, value: number, labels?: MetricLabels): void
  /** Records a duration in seconds into a histogram. */
  observe(metric: string, seconds: number, labels?: MetricLabels): void
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, string | number | boolean | bigint | undefined>>
export type MetricLabels = Readonly<Record<string, string>>

/** Hears nothing. */
export const silence: Telemetry = {
  log: () => undefined,
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
}
