import type { Verb } from '../bans/run-ban.ts'
import { type Command, defineCommand } from '../frame/command.ts'
import { apiOption, homeOption, jsonOption, tokenFileOption } from '../frame/shared-options.ts'

const common = { home: homeOption, api: apiOption, 'token-file': tokenFileOption, json: jsonOption }
const target = { name: 'target', summary: 'A peer id or the end of a known one, an IP address, or a CIDR block' }

function decision(verb: Verb, summary: string, details: string, example: Command['examples'][number]): Command {
  return defineCommand({
    name: verb,
    summary,
    details: `${details} Exit status 1 when nothing was to be changed.`,
    arguments: [verb === 'disconnect' ? { name: 'peer', summary: 'A peer id, or the end of one' } : target],
    options: common,
    examples: [example],
    run: async (invocation) => (await import('../bans/run-ban.ts')).runBan(verb, invocation),
  })
}

export const bansCommands: readonly Command[] = [
  defineCommand({
    name: 'bans',
    summary: 'Show whom a node keeps out, and whom it always lets in',
    options: common,
    examples: [{ line: 'synod bans', shows: 'Targets, until when, by whom and why' }],
    run: async (invocation) => (await import('../bans/run-ban.ts')).runBans(invocation),
  }),
  defineCommand({
    name: 'ban',
    summary: 'Disconnect a peer or an address and keep it out',
    details: 'Holds across restarts, until it is over or the target is unbanned.',
    arguments: [target],
    options: {
      for: { type: 'text', value: 'time', summary: 'How long: 90s, 15m, 1h, 7d; default until it is unbanned' },
      ...common,
    },
    examples: [
      { line: 'synod ban 203.0.113.0/24 --for 1h', shows: 'Keep a network out for an hour' },
      { line: 'synod ban KooWq1Xz', shows: 'Keep a connected peer out, by the end of its id' },
    ],
    run: async (invocation) => (await import('../bans/run-ban.ts')).runBan('ban', invocation),
  }),
  decision('unban', 'Lift a ban', 'Lifts the ban on exactly this target, by the operator or for its conduct.', {
    line: 'synod unban 203.0.113.0/24',
    shows: 'Let the network in again',
  }),
  decision('allow', 'Let a peer or an address in whatever it does', 'Past bans and limits, until it is disallowed.', {
    line: 'synod allow 198.51.100.7',
    shows: 'Trust an address',
  }),
  decision('disallow', 'Treat an allowed peer or address like anybody again', 'Does not disconnect it.', {
    line: 'synod disallow 198.51.100.7',
    shows: 'Trust it no longer',
  }),
  decision('disconnect', 'End the connection with a peer', 'It may come back: to keep it out, ban it.', {
    line: 'synod disconnect KooWq1Xz',
    shows: 'End one connection',
  }),
]
