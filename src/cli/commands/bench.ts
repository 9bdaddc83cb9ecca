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
      summary: 'How long each load of the consensus and gossip benches is measured',
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
      summary: 'Keys of the large map of the state bench; of the statesync bench at most a million',
    },
    nodes: { type: 'integer', min: 5, max: 100, standard: 8, summary: 'Node processes of the discovery bench' },
    simulated: {
      type: 'integer',
      min: 10,
      max: 100_000,
      summary: 'Only the simulation of the gossip bench, of so many nodes',
    },
    seed: { type: 'integer', min: 0, max: 4_294_967_295, standard: 1, summary: 'Seed of the simulation of the gossip bench' },
    json: { type: 'flag', summary: 'Print one JSON object' },
  },
  examples: [
    { line: 'synod bench codec', shows: 'a table of figures' },
    { line: 'synod bench consensus --seconds 10 --json', shows: 'four validators under load by HTTP' },
    { line: 'synod bench gossip --simulated 10000 --seed 7', shows: 'how gossip spreads among ten thousand nodes' },
  ],
  async run({ options, arguments: [name = ''], console }) {
    const { runBench } = await import('../bench/run-bench.ts')
    const { seconds, keys, nodes, workload, simulated, seed, json } = options
    return runBench({ name, seconds, keys, nodes, workloads: workload, simulated, seed, json, console })
  },
})
