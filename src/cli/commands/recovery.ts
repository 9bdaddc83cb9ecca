import { type Command, defineCommand } from '../frame/command.ts'
import { homeOption, jsonOption, setOption } from '../frame/shared-options.ts'

const height = { type: 'integer', min: 0, max: Number.MAX_SAFE_INTEGER, value: 'height' } as const

export const recoveryCommands: readonly Command[] = [
  defineCommand({
    name: 'inspect',
    summary: 'Show what a stopped or crashed node has on disk',
    details:
      'Only reads: nothing is written in the data directory, repaired or locked beyond this command. What is damaged is named with what ' +
      'to do about it. Exit status 1 when anything is.',
    options: {
      home: homeOption,
      set: setOption,
      everything: { type: 'flag', summary: 'Read every block and the whole state, and check them against their hashes' },
      json: jsonOption,
    },
    examples: [
      { line: 'synod inspect --home ~/my-chain', shows: 'Heights, hashes, the log and the last-signed record' },
      { line: 'synod inspect --everything', shows: 'Whether the disk has lost anything' },
    ],
    run: async (invocation) => (await import('../recovery/run-inspect.ts')).runInspect(invocation),
  }),
  defineCommand({
    name: 'rollback',
    summary: 'Take back the newest blocks of a stopped node',
    details:
      'For the day after a fork or a faulty release: see docs/runbooks/recovery.md. At most node.rollback_blocks_max blocks. The ' +
      'last-signed record stays, so that a validator never signs again where it has signed. Noted in the data directory. Without --yes ' +
      'it only says what it would do.',
    options: {
      home: homeOption,
      set: setOption,
      to: { ...height, required: true, summary: 'The height to go back to' },
      yes: { type: 'flag', summary: 'Do it' },
      json: jsonOption,
    },
    examples: [
      { line: 'synod rollback --to 1200', shows: 'What would be taken back' },
      { line: 'synod rollback --to 1200 --yes', shows: 'Take it back' },
    ],
    run: async (invocation) => (await import('../recovery/run-rollback.ts')).runRollback(invocation),
  }),
  defineCommand({
    name: 'replay',
    summary: 'Execute stored blocks of a stopped node again, and compare the states',
    details:
      'Begins with the oldest state that is kept, or with --from, and says at which height the result first differs from the header. ' +
      'Works on a copy: the data directory is only read.',
    options: {
      home: homeOption,
      set: setOption,
      from: { ...height, summary: 'The height whose state to begin with; 0 is the genesis' },
      to: { ...height, summary: 'The last height to execute; default the newest' },
      json: jsonOption,
    },
    examples: [
      { line: 'synod replay', shows: 'The blocks whose states are kept' },
      { line: 'synod replay --from 0', shows: 'The whole chain, from its genesis' },
    ],
    run: async (invocation) => (await import('../recovery/run-replay.ts')).runReplay(invocation),
  }),
]
