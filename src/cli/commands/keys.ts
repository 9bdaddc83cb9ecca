import { type Command, defineCommand } from '../frame/command.ts'
import { homeOption, jsonOption, passphraseOption } from '../frame/shared-options.ts'

const name = { name: 'name', summary: 'Name of the key' } as const
const sealed = { home: homeOption, 'passphrase-file': passphraseOption, json: jsonOption } as const

export const keysCommands: readonly Command[] = [
  defineCommand({
    name: 'keys list',
    summary: 'List the account keys of a home and their addresses',
    options: { home: homeOption, json: jsonOption },
    examples: [{ line: 'synod keys list', shows: 'Needs no passphrase' }],
    run: async (invocation) => (await import('../keys/run-keys.ts')).listKeys(invocation),
  }),
  defineCommand({
    name: 'keys new',
    summary: 'Make an account key',
    arguments: [name],
    options: sealed,
    examples: [{ line: 'synod keys new alice', shows: 'Seal a new key under the home’s passphrase and show its address' }],
    run: async (invocation) => (await import('../keys/run-keys.ts')).newKey(invocation),
  }),
  defineCommand({
    name: 'keys show',
    summary: 'Show the public side of a key',
    details: 'Of an account: its address. Of `validator`: its consensus key and the proof of possession that a chain spec needs.',
    arguments: [{ name: 'name', summary: 'Name of an account key, or `validator`' }],
    options: sealed,
    examples: [{ line: 'synod keys show validator', shows: 'What the founder of a chain needs to know of you' }],
    run: async (invocation) => (await import('../keys/run-keys.ts')).showKey(invocation),
  }),
  defineCommand({
    name: 'keys address',
    summary: 'Print the address of an account key, and nothing else',
    arguments: [name],
    options: { home: homeOption },
    examples: [
      { line: 'synod tx send --from alice --amount 1 --to $(synod keys address bob)', shows: 'For use in other commands' },
    ],
    run: async (invocation) => (await import('../keys/run-keys.ts')).keyAddress(invocation),
  }),
  defineCommand({
    name: 'keys export',
    summary: 'Print the secret seed of an account key',
    details: 'Whoever sees the seed owns the account. Without --yes nothing is printed.',
    arguments: [name],
    options: { ...sealed, yes: { type: 'flag', summary: 'Yes, print the secret' } },
    examples: [{ line: 'synod keys export alice --yes', shows: 'Hexadecimal, as `keys import` reads it' }],
    run: async (invocation) => (await import('../keys/run-keys.ts')).exportKey(invocation),
  }),
  defineCommand({
    name: 'keys import',
    summary: 'Store an account key whose secret seed is given on standard input',
    arguments: [name],
    options: sealed,
    examples: [{ line: 'synod keys import alice < seed.hex', shows: '32 bytes in hexadecimal' }],
    run: async (invocation) => (await import('../keys/run-keys.ts')).importKey(invocation),
  }),
]
