import { type Command, defineCommand } from '../frame/command.ts'
import { homeOption, jsonOption, setOption } from '../frame/shared-options.ts'

const height = {
  type: 'integer',
  min: 1,
  max: Number.MAX_SAFE_INTEGER,
  value: 'height',
  summary: 'The height whose state to write; default the newest',
} as const

export const snapshotCommands: readonly Command[] = [
  defineCommand({
    name: 'snapshot create',
    summary: 'Write the state of a stopped node into a file of its home',
    details:
      'The file, snapshots/<height>.snapshot, has the state in chunks with their proofs, the block, its commit, and the validators that ' +
      'prove it. Of a running node, take a backup first and create the snapshot from that.',
    options: { home: homeOption, set: setOption, height, json: jsonOption },
    examples: [{ line: 'synod snapshot create --home ~/my-chain', shows: 'The file, and the block to tell others' }],
    run: async (invocation) => (await import('../snapshot/run-snapshot-export.ts')).runSnapshotExport(invocation),
  }),
  defineCommand({
    name: 'snapshot list',
    summary: 'Show the snapshots of a stopped node: height, root, chunks and bytes',
    details: 'The files that were created, and the states on disk of which a file can be made.',
    options: { home: homeOption, set: setOption, json: jsonOption },
    examples: [{ line: 'synod snapshot list', shows: 'Which heights there are' }],
    run: async (invocation) => (await import('../snapshot/run-snapshot-list.ts')).runSnapshotList(invocation),
  }),
  defineCommand({
    name: 'snapshot export',
    summary: 'Write the state of a stopped node to a file',
    options: {
      home: homeOption,
      set: setOption,
      height,
      to: { type: 'text', value: 'file', required: true, summary: 'The file to write' },
      json: jsonOption,
    },
    examples: [{ line: 'synod snapshot export --height 12000 --to /mnt/12000.snapshot', shows: 'A file for another machine' }],
    run: async (invocation) => (await import('../snapshot/run-snapshot-export.ts')).runSnapshotExport(invocation),
  }),
  defineCommand({
    name: 'snapshot import',
    summary: 'Begin a new node with the state in a file',
    details:
      'Believes nothing of the file: its block is proved by the light client’s rules from what is trusted, and each chunk against that ' +
      'block, before anything is kept. The home must have the chain spec and no chain yet. An import that fails leaves nothing.',
    arguments: [{ name: 'file', summary: 'A file of `synod snapshot create` or `export`' }],
    options: {
      home: homeOption,
      set: setOption,
      trust: {
        type: 'text',
        value: 'genesis|height:hash',
        summary: 'What is trusted: the genesis, which is the default, or a block that somebody you trust names',
      },
      json: jsonOption,
    },
    examples: [
      {
        line: 'synod snapshot import 12000.snapshot --home ~/new-node',
        shows: 'Proved from the validators of the genesis, as long as a block convinces',
      },
    ],
    run: async (invocation) => (await import('../snapshot/run-snapshot-import.ts')).runSnapshotImport(invocation),
  }),
]
