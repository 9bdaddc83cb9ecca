import { type MetricEntry, metrics } from '../src/engine/metrics-catalogue.ts'

/** `docs/metrics.md`: what `/metrics` exports. */
export function metricsReference(): string {
  const rows = Object.entries<MetricEntry>(metrics).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${(labels ?? []).map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  return `<!-- Generated from src/engine/metrics-catalogue.ts by \`npm run docs\`. -->

# Metrics

A node exports these in the Prometheus text format at \`/metrics\`. Durations are in seconds, sizes in bytes; counters only grow, and
start from zero with the process.

| name | type | labels | what it tells |
|---|---|---|---|
${rows.join('\n')}
`
}
