import { defineCommand } from '../frame/command.ts'
import { apiOption, homeOption, tokenFileOption } from '../frame/shared-options.ts'

export const eventsCommand = defineCommand({
  name: 'events',
  summary: 'Print a node’s events as they happen',
  details: 'One a line, as JSON: blocks, rounds, peers, faults, and, for the operator alone, attacks and bans.',
  options: {
    home: homeOption,
    api: apiOption,
    'token-file': tokenFileOption,
    count: { type: 'integer', min: 1, summary: 'End after so many' },
  },
  examples: [{ line: 'synod events --home ~/my-chain', shows: 'Everything, attacks and bans included' }],
  run: async (invocation) => (await import('../events/run-events.ts')).runEvents(invocation),
})
