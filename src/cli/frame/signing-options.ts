import { apiOption, homeOption, jsonOption, passphraseOption } from './shared-options.ts'

/** Whose word is taken for what the chain is. */
export const chainOption = {
  type: 'text',
  value: 'file',
  summary: 'Chain spec whose validators are trusted; default that of the home',
} as const

/** Of every command that signs a transaction. */
export const signingOptions = {
  fee: { type: 'text', value: 'tokens', summary: 'Fee; default the chain’s least' },
  nonce: { type: 'integer', summary: 'Nonce; default the account’s next' },
  'expires-in': {
    type: 'integer',
    value: 'blocks',
    min: 1,
    standard: 10_000,
    summary: 'Blocks after which it can no longer be included',
  },
  wait: { type: 'flag', summary: 'Wait until it is final and verify the proof' },
  'wait-seconds': { type: 'integer', value: 's', min: 1, max: 86_400, standard: 60, summary: 'How long to wait at most' },
  home: homeOption,
  chain: chainOption,
  api: apiOption,
  'passphrase-file': passphraseOption,
  json: jsonOption,
} as const
