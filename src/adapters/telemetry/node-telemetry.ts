import { pino } from 'pino'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { LogLevel, Telemetry } from '../../ports/telemetry.ts'

/** Real telemetry: one JSON line (or one readable line) a log entry, and a Prometheus registry of exactly the metrics catalogue. */
export interface NodeTelemetry extends Telemetry {
  /** The exposition of all metrics, in Prometheus's text format. */
  exposition(): Promise<string>
  readonly contentType: string
  flush(): void
}

export interface TelemetryOptions {
  readonly level: LogLevel | 'silent'
  readonly format: 'json' | 'text'
  readonly destination: { write(line: string): void }
  readonly catalogue: Readonly<Record<string, MetricEntry>>
  /** Names this node in every line. */
  readonly node: string
}

interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels?: readonly string[]
}

/** From a tenth of a millisecond to half a minute: a cached check, a bad network's round. */
const durationBuckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function createNodeTelemetry(options: TelemetryOptions): NodeTelemetry {
  const destination = options.format === 'json' ? options.destination : readable(options.destination)
  const logger = pino({ level: options.level, base: { node: options.node }, serializers: {} }, destination)
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  for (const [name, { type, help, labels = [] }] of Object.entries(options.catalogue)) {
    const configuration = { name, help, labelNames: labels, registers: [registry] }
    if (type === 'counter') counters.set(name, new Counter(configuration))
    else if (type === 'gauge') gauges.set(name, new Gauge(configuration))
    else histograms.set(name, new Histogram({ ...configuration, buckets: durationBuckets }))
  }

  return {
    log(level, message, fields = {}) {
      if (logger.isLevelEnabled(level)) logger[level](printable(fields), message)
    },
    count: (metric, by = 1, labels = {}) => counters.get(metric)?.inc(labels, by),
    gauge: (metric, value, labels = {}) => gauges.get(metric)?.set(labels, value),
    observe: (metric, seconds, labels = {}) => histograms.get(metric)?.observe(labels, seconds),
    exposition: () => registry.metrics(),
    contentType: registry.contentType,
    flush: () => logger.flush(),
  }
}

function printable(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === 'bigint' ? value.toString() : value]),
  )
}

const levelNames: Readonly<Record<number, string>> = { 20: 'DEBUG', 30: 'INFO ', 40: 'WARN ', 50: 'ERROR' }

/** `08:15:02.123 INFO  peer connected  peer=12D3… direction=inbound`, for a person at a terminal. */
function readable(destination: { write(line: string): void }): { write(line: string): void } {
  return {
    write(line) {
      const { level, time, msg, node: _node, ...fields } = JSON.parse(line) as Record<string, unknown>
      const clock = new Date(time as number).toISOString().slice(11, 23)
      const rest = Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`)
      destination.write(`${[clock, levelNames[level as number] ?? String(level), msg, '', ...rest].join(' ')}\n`)
    },
  }
}
