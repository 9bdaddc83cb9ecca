import { type Command, defineCommand } from '../frame/command.ts'
import { homeOption, jsonOption, setOption } from '../frame/shared-options.ts'

export const forkCommands: readonly Command[] = [
  defineCommand({
    name: 'fork',
    summary: 'Show the fork that stopped this node: both blocks, and who is accused',
    details: 'Reads the record in the data directory of a stopped node. Exit status 1 when it holds a fork that is not settled.',
    options: { home: homeOption, set: setOption, json: jsonOption },
    examples: [{ line: 'synod fork --json', shows: 'The record, with the accused validators’ keys' }],
    run: async (invocation) => (await import('../fork/run-fork.ts')).runFork(invocation),
  }),
  defineCommand({
    name: 'fork resolve',
    summary: 'Note which of the two blocks the operators have settled on',
    details:
      'The node starts again when its own history holds that block, or ends below it: see `synod rollback` and docs/runbooks/fork.md. ' +
      'Settle on one block with the other operators first: this is the one decision that no machine makes.',
    options: {
      home: homeOption,
      set: setOption,
      block: { type: 'text', value: 'hash', required: true, summary: 'The hash of the block that holds, 64 hexadecimal digits' },
      json: jsonOption,
    },
    examples: [{ line: 'synod fork resolve --block 5b1e…', shows: 'Settle on a block' }],
    run: async (invocation) => (await import('../fork/run-fork.ts')).runForkResolve(invocation),
  }),
]
