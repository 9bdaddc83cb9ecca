import { defineCommand } from '../frame/command.ts'
import { apiOption, homeOption, jsonOption, tokenFileOption } from '../frame/shared-options.ts'

export const statusCommand = defineCommand({
  name: 'status',
  summary: 'Show where a node stands',
  details: 'Exit status 1 when the node reports a fault.',
  options: {
    api: apiOption,
    home: homeOption,
    'token-file': tokenFileOption,
    check: { type: 'flag', summary: 'Have the node compare itself with its peers first, for which the operator token is needed' },
    json: jsonOption,
  },
  examples: [{ line: 'synod status --api http://127.0.0.1:26610', shows: 'Height, round, peers and whether it signs' }],
  run: async (invocation) => (await import('../status/run-status.ts')).runStatus(invocation),
})
