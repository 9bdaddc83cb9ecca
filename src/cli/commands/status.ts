import { defineCommand } from '../frame/command.ts'
import { apiOption, homeOption, jsonOption } from '../frame/shared-options.ts'

export const statusCommand = defineCommand({
  name: 'status',
  summary: 'Show where a node stands',
  details: 'Exit status 1 when the node reports a fault.',
  options: { api: apiOption, home: homeOption, json: jsonOption },
  examples: [{ line: 'synod status --api http://127.0.0.1:26610', shows: 'Height, round, peers and whether it signs' }],
  run: async (invocation) => (await import('../status/run-status.ts')).runStatus(invocation),
})
