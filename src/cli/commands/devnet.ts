import { defineCommand } from '../frame/command.ts'
import { applicationModuleOf, applicationOption } from '../frame/shared-options.ts'

export const devnetCommand = defineCommand({
  name: 'devnet',
  summary: 'Run a network of real node processes on this machine',
  details:
    'Each validator is a process of its own on encrypted connections over loopback. Blocks follow transactions at once, and without ' +
    'any there are none, unless --interval-ms asks for a block every so often. A network that runs the ledger gets a light load of ' +
    'transfers; one with an --application of its own waits for yours.',
  options: {
    validators: { type: 'integer', min: 1, max: 32, standard: 4, summary: 'How many validators' },
    'interval-ms': { type: 'integer', min: 0, max: 600_000, summary: 'Time between blocks, which may then be empty' },
    application: applicationOption,
    load: { type: 'integer', min: 0, max: 1000, summary: 'Transfers a second it makes (1; unattended 10)' },
    home: {
      type: 'text',
      value: 'dir',
      summary: 'Keep the network here, and go on with it next time (default: nothing is kept)',
    },
    'until-height': { type: 'integer', min: 1, max: 1_000_000_000, summary: 'Run unattended to this height, report and exit' },
    set: { type: 'text', value: 'key=value', repeated: true, summary: 'A setting for every node, as in node.toml' },
    json: { type: 'flag', summary: 'Report in JSON (with --until-height)' },
  },
  examples: [
    { line: 'synod devnet', shows: 'four validators, a status line a block; k kills one, r restarts it, q quits' },
    { line: 'synod devnet --application ./application.ts', shows: 'a network that runs your own state machine' },
    { line: 'synod devnet --interval-ms 1000 --load 0', shows: 'an idle chain with a block a second' },
    { line: 'synod devnet --until-height 20 --json', shows: 'timing, finality and memory as one JSON object' },
  ],
  async run(invocation) {
    const { runDevnet } = await import('../devnet/run-devnet.ts')
    const { options, console } = invocation
    return runDevnet({
      validators: options.validators,
      intervalMs: options['interval-ms'],
      application: applicationModuleOf(options.application, console),
      load: options.load,
      home: options.home,
      untilHeight: options['until-height'],
      overrides: options.set,
      json: options.json,
      console,
    })
  },
})
