import { presetNames } from '../../chain/presets.ts'
import { defineCommand } from '../frame/command.ts'
import { applicationOption, homeOption, jsonOption, passphraseOption } from '../frame/shared-options.ts'

export const initCommand = defineCommand({
  name: 'init',
  summary: 'Make the home of a node: its configuration, its chain spec and its keys',
  details:
    'With --chain the node joins the chain of that file. Otherwise it founds one from a preset, as its only validator, or with ' +
    '--validators as one of several, whose homes are made in node0, node1, … and find each other on this machine.\n' +
    'Keys are sealed under a passphrase. Nothing that exists is overwritten.',
  options: {
    home: homeOption,
    chain: { type: 'text', value: 'file', summary: 'Join the chain of this chain spec' },
    preset: { type: 'text', value: 'preset', choices: presetNames, summary: 'Found a chain; default internet' },
    name: { type: 'text', value: 'name', summary: 'Name of the chain to found; default that of the home directory' },
    application: applicationOption,
    validators: { type: 'integer', min: 1, max: 64, summary: 'Validators of the chain to found; default 1' },
    'passphrase-file': passphraseOption,
    json: jsonOption,
  },
  examples: [
    { line: 'synod init --home ~/my-chain', shows: 'Found a chain with one validator' },
    { line: 'synod init --home ~/four --preset devnet --validators 4', shows: 'Found one with four, all on this machine' },
    {
      line: 'synod init --home ~/guests --application ./application.ts',
      shows: 'Found a chain that runs your own state machine',
    },
    { line: 'synod init --home ~/node --chain chain.toml', shows: 'Join a chain' },
  ],
  run: async (invocation) => (await import('../init/run-init.ts')).runInit(invocation),
})
