import { type Command, defineCommand } from '../frame/command.ts'
import { applicationOption, homeOption, jsonOption, setOption } from '../frame/shared-options.ts'

export const configCommands: readonly Command[] = [
  defineCommand({
    name: 'config show',
    summary: 'Show the configuration that is in force',
    options: {
      home: homeOption,
      set: setOption,
      origin: {
        type: 'flag',
        summary: 'Say where each value comes from: the defaults, the file and line, the environment, --set',
      },
      json: jsonOption,
    },
    examples: [{ line: 'synod config show --origin', shows: 'Every setting with its value and its source' }],
    run: async (invocation) => (await import('../config/run-config.ts')).showConfig(invocation),
  }),
  defineCommand({
    name: 'config check',
    summary: 'Check node.toml and chain.toml and show the chain’s id',
    details: 'Lists everything that is wrong at once. Exit status 78 when anything is.',
    options: {
      home: homeOption,
      chain: { type: 'text', value: 'file', summary: 'Check this chain spec alone, without a home' },
      application: applicationOption,
      set: setOption,
      json: jsonOption,
    },
    examples: [
      { line: 'synod config check', shows: 'Check a home before starting it' },
      { line: 'synod config check --chain chain.toml', shows: 'Check a chain spec before agreeing to it' },
    ],
    run: async (invocation) => (await import('../config/run-config.ts')).checkConfig(invocation),
  }),
]
