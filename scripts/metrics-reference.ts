import { type MetricEntry, metrics, seederMetrics } from '../src/engine/metrics-catalogue.ts'

/** `docs/metrics.md`: what `/metrics` exports. */
export function metricsReference(): string {
  return `<!-- Generated from src/engine/metrics-catalogue.ts by \`npm run docs\`. -->

# Metrics

A node exports these in the Prometheus text format at \`/metrics\`. Durations are in seconds, sizes in bytes; counters only grow, and
start from zero with the process.

${tableOf(metrics)}

## A DNS seed's

\`synod dns-seed --metrics\` exports these at \`/metrics\`.

${tableOf(seederMetrics)}
`
}

function tableOf(catalogue: Readonly<Record<string, MetricEntry>>): string {
  const rows = Object.entries(catalogue).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${(labels ?? []).map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  return `| name | type | labels | what it tells |\n|---|---|---|---|\n${rows.join('\n')}`
}
