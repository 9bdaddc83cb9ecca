import { type Command, defineCommand } from '../frame/command.ts'
import { apiOption, homeOption, jsonOption } from '../frame/shared-options.ts'
import { chainOption as chain, signingOptions as signing } from '../frame/signing-options.ts'

export const txCommands: readonly Command[] = [
  defineCommand({
    name: 'tx send',
    summary: 'Transfer tokens',
    details:
      'With --wait it waits until the transfer is final and verifies what the node says: that transaction and result are in the ' +
      'block, and that more than two thirds of the stake in the chain spec’s validator set signed that block.',
    options: {
      to: { type: 'text', value: 'address', required: true, summary: 'Address that receives' },
      amount: { type: 'text', value: 'tokens', required: true, summary: 'How much, in tokens: 1500 or 0.25' },
      from: { type: 'text', value: 'key', required: true, summary: 'Name of the account key that pays' },
      memo: { type: 'text', value: 'text', summary: 'Text that travels along, at most 256 bytes' },
      ...signing,
    },
    examples: [
      { line: 'synod tx send --from alice --to synod1… --amount 1.5 --wait', shows: 'Send, wait until it is final, verify' },
    ],
    run: async (invocation) => (await import('../tx/run-tx-send.ts')).runTxSend(invocation),
  }),
  defineCommand({
    name: 'tx delegate',
    summary: 'Delegate a network key, which proves to peers that stake stands behind a node',
    details:
      'The account must operate a validator with at least 1,000 tokens at stake. It has one network key: the next replaces it, and ' +
      'it is gone when the stake falls below. The nodes that shall use the key name it in p2p.network_key.',
    options: {
      key: {
        type: 'text',
        value: 'key',
        required: true,
        summary: 'Name of the key that is delegated, made with `synod keys new`',
      },
      from: { type: 'text', value: 'key', required: true, summary: 'Name of the account key that operates the validator' },
      ...signing,
    },
    examples: [{ line: 'synod tx delegate --key network --from alice --wait', shows: 'Delegate the key `network` of this home' }],
    run: async (invocation) => (await import('../tx/run-tx-delegate.ts')).runTxDelegate(invocation),
  }),
  defineCommand({
    name: 'tx show',
    summary: 'Show a final transaction and verify its proof',
    arguments: [{ name: 'id', summary: 'The transaction’s id: 32 bytes in hexadecimal' }],
    options: { home: homeOption, chain, api: apiOption, json: jsonOption },
    examples: [{ line: 'synod tx show 5f1d…', shows: 'Height, result, and whether the proof holds' }],
    run: async (invocation) => (await import('../tx/run-tx-show.ts')).runTxShow(invocation),
  }),
]
