import type { Option } from './command.ts'

/** Options that mean the same wherever they stand. */
export const options = {
  home: { summary: 'Home directory of the node.', value: 'dir', default: '.synod' },
  api: { summary: 'Address of a node’s API.', value: 'url', default: 'http://127.0.0.1:26610' },
  passphraseFile: { summary: 'File that holds the passphrase of the keys.', value: 'file', default: 'SYNOD_PASSPHRASE, or <home>/passphrase' },
} as const satisfies Record<string, Option>

export const defaultHome = '.synod'
export const defaultApi = 'http://127.0.0.1:26610'
