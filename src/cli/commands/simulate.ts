import { defineCommand } from '../frame/command.ts'

export const simulateCommand = defineCommand({
  name: 'simulate',
  summary: 'Run whole networks in one process, from a seed',
  details:
    'Real nodes on simulated time, network and disks, under troubles and liars that follow from the seed alone: the same seed gives the ' +
    'same run, and the same trace hash, anywhere. What is not given follows from the seed, too. Ends with status 1 when a promise was ' +
    'broken, and with the command that replays it.',
  options: {
    seed: { type: 'integer', min: 0, max: Number.MAX_SAFE_INTEGER, standard: 1, summary: 'Where everything begins' },
    seeds: { type: 'integer', min: 1, max: 1_000_000, standard: 1, summary: 'How many seeds to run, upwards from the first' },
    jobs: { type: 'integer', min: 1, max: 64, standard: 1, summary: 'How many seeds at a time, in processes of their own' },
    nodes: { type: 'integer', min: 1, max: 64, summary: 'Validators' },
    seconds: { type: 'integer', min: 1, max: 86_400, summary: 'Simulated seconds' },
    faults: { type: 'text', value: 'names', summary: 'Troubles, separated by commas; all, or none' },
    liars: {
      type: 'text',
      value: 'names',
      summary: 'Who lies, from the first validator on, separated by commas; honest skips one; or none',
    },
    load: { type: 'integer', min: 0, max: 10_000, summary: 'Transactions a second' },
    set: {
      type: 'text',
      value: 'key=value',
      repeated: true,
      summary: 'A consensus parameter, such as consensus.interval_ms=200',
    },
    trace: { type: 'flag', summary: 'Print all that happens' },
    json: { type: 'flag', summary: 'Print one JSON object a seed' },
  },
  examples: [
    { line: 'synod simulate --seed 7 --faults all', shows: 'one network in trouble' },
    { line: 'synod simulate --seeds 200 --jobs 4', shows: 'two hundred networks, no two alike, four at a time' },
    { line: 'synod simulate --seed 3 --liars equivocator --faults none --trace', shows: 'how a double voter is found out' },
  ],
  async run({ options, console }) {
    const { runSimulate } = await import('../simulate/run-simulate.ts')
    return runSimulate(options, console)
  },
})
