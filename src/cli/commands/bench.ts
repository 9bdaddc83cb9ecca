import { benchNames } from '../bench/bench-names.ts'
import { defineCommand } from '../frame/command.ts'

export const benchCommand = defineCommand({
  name: 'bench',
  summary: 'Measure a part against what limits it',
  details:
    'Prints what it measured, in which unit, and how that compares with a limit or a rival measured in the same run: raw sockets, raw ' +
    'cryptography, raw storage. Real processes, medians of several runs; progress goes to standard error.',
  arguments: [{ name: 'name', summary: benchNames.join(', ') }],
  options: {
    seconds: {
      type: 'integer',
      min: 2,
      max: 600,
      standard: 30,
      summary: 'How long each load of the consensus bench is measured',
    },
    workload: {
      type: 'text',
      choices: ['transfers', 'operations', 'unsigned'],
      repeated: true,
      summary: 'Only these loads of the consensus bench',
    },
    keys: {
      type: 'integer',
      min: 1000,
      max: 100_000_000,
      standard: 10_000_000,
      summary: 'Keys of the large map of the state bench',
    },
    json: { type: 'flag', summary: 'Print one JSON object' },
  },
  examples: [
    { line: 'synod bench codec', shows: 'a table of figures' },
    { line: 'synod bench consensus --seconds 10 --json', shows: 'four validators under load by HTTP' },
  ],
  async run({ options, arguments: [name = ''], console }) {
    const { runBench } = await import('../bench/run-bench.ts')
    const { seconds, keys, workload, json } = options
    return runBench({ name, seconds, keys, workloads: workload, json, console })
  },
})
