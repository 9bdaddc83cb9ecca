import { defineCommand } from '../frame/command.ts'
import { homeOption, jsonOption, setOption } from '../frame/shared-options.ts'

export const backupCommand = defineCommand({
  name: 'backup',
  summary: 'Copy the data directory of a node, also while it runs',
  details:
    'What is copied is the chain as it was at one moment, and what this node has signed; neither keys nor the consensus log are. A node ' +
    'that is started with it takes the blocks since. A validator must not be started with it beside the one it was taken of, and waits ' +
    'before it signs: see docs/runbooks/recovery.md.',
  options: {
    home: homeOption,
    set: setOption,
    to: { type: 'text', value: 'dir', required: true, summary: 'A new directory, to be the `data` of a home' },
    json: jsonOption,
  },
  examples: [{ line: 'synod backup --home ~/my-chain --to /mnt/backup-monday', shows: 'A copy of the data, and its height' }],
  run: async (invocation) => (await import('../backup/run-backup.ts')).runBackup(invocation),
})
