import { type Command, defineCommand } from '../frame/command.ts'
import { apiOption, homeOption, jsonOption } from '../frame/shared-options.ts'
import { chainOption, signingOptions } from '../frame/signing-options.ts'

const from = {
  type: 'text',
  value: 'key',
  required: true,
  summary: 'Name of the account key that operates the validator',
} as const
const delegator = { type: 'text', value: 'key', required: true, summary: 'Name of the account key whose stake it is' } as const
const amount = { type: 'text', value: 'tokens', required: true, summary: 'How much, in tokens: 1500 or 0.25' } as const
const operator = {
  type: 'text',
  value: 'address',
  required: true,
  summary: 'Address of the account that operates the validator',
} as const

export const validatorCommands: readonly Command[] = [
  defineCommand({
    name: 'validator show',
    summary: 'Show a validator: its stake, its delegators’ stake, its commission, and whether it is jailed',
    arguments: [{ name: 'address', summary: 'Address of the account that operates it' }],
    options: { home: homeOption, chain: chainOption, api: apiOption, json: jsonOption },
    examples: [{ line: 'synod validator show synod1…', shows: 'As the node has it; not proved' }],
    run: async (invocation) => (await import('../validator/run-validator-show.ts')).runValidatorShow(invocation),
  }),
  defineCommand({
    name: 'validator register',
    summary: 'Become a validator with the key of this home and a stake',
    options: { from, amount, ...signingOptions },
    examples: [{ line: 'synod validator register --from alice --amount 5000 --wait', shows: 'Votes from the next block on' }],
    run: async (invocation) => (await import('../validator/run-validator.ts')).runRegister(invocation),
  }),
  defineCommand({
    name: 'validator stake',
    summary: 'Add to the stake of one’s validator',
    options: { from, amount, ...signingOptions },
    examples: [{ line: 'synod validator stake --from alice --amount 500', shows: 'A validator that had left comes back' }],
    run: async (invocation) => (await import('../validator/run-validator.ts')).runStake(invocation),
  }),
  defineCommand({
    name: 'validator unstake',
    summary: 'Take stake out of one’s validator',
    details: 'It loses its vote at once, and is free after ledger.unbonding_blocks blocks.',
    options: { from, amount, ...signingOptions },
    examples: [{ line: 'synod validator unstake --from alice --amount 500', shows: 'What remains is nothing or the minimum' }],
    run: async (invocation) => (await import('../validator/run-validator.ts')).runUnstake(invocation),
  }),
  defineCommand({
    name: 'validator rotate-key',
    summary: 'Give one’s validator another consensus key',
    details:
      'The new key is in the file given, which is made when it is not there. From the block after the transaction on, votes of the new ' +
      'key count and those of the old one do not. Where the file lies in the keys directory of the node and is named validator-….key, the ' +
      'node that runs goes over to it by itself.',
    options: {
      from,
      file: { type: 'text', value: 'file', required: true, summary: 'File of the new key, sealed under the home’s passphrase' },
      ...signingOptions,
    },
    examples: [
      {
        line: 'synod validator rotate-key --from alice --file ~/.synod/keys/validator-2.key --wait',
        shows: 'Once an unbonding period',
      },
    ],
    run: async (invocation) => (await import('../validator/run-rotate-key.ts')).runRotateKey(invocation),
  }),
  defineCommand({
    name: 'validator commission',
    summary: 'Set the operator’s part of what its delegators earn',
    options: {
      from,
      'basis-points': { type: 'integer', min: 0, max: 10_000, required: true, summary: 'In ten-thousandths: 500 is 5 %' },
      ...signingOptions,
    },
    examples: [
      { line: 'synod validator commission --from alice --basis-points 500', shows: 'It rises by little, and falls at will' },
    ],
    run: async (invocation) => (await import('../validator/run-validator.ts')).runCommission(invocation),
  }),
  defineCommand({
    name: 'validator unjail',
    summary: 'Bring one’s validator back after it was jailed for absence',
    options: { from, ...signingOptions },
    examples: [{ line: 'synod validator unjail --from alice --wait', shows: 'When its node is up and has caught up' }],
    run: async (invocation) => (await import('../validator/run-validator.ts')).runUnjail(invocation),
  }),
  defineCommand({
    name: 'validator proposals',
    summary: 'Show the changes of parameters that are being voted on, and those that votes have made',
    options: { home: homeOption, api: apiOption, json: jsonOption },
    examples: [{ line: 'synod validator proposals', shows: 'Number, parameter, value, and the height at which the vote ends' }],
    run: async (invocation) => (await import('../validator/run-proposals.ts')).runProposals(invocation),
  }),
  defineCommand({
    name: 'validator propose',
    summary: 'Propose another value for a parameter of the ledger, or of the chain',
    options: {
      from,
      parameter: {
        type: 'text',
        value: 'name',
        required: true,
        summary: 'Its name in the table [ledger], [consensus] or [limits] of chain.toml',
      },
      value: { type: 'integer', min: 0, required: true, summary: 'Its new value' },
      ...signingOptions,
    },
    examples: [
      {
        line: 'synod validator propose --from alice --parameter minimum_fee --value 500',
        shows: 'To be voted on by the validators',
      },
    ],
    run: async (invocation) => (await import('../validator/run-validator.ts')).runPropose(invocation),
  }),
  defineCommand({
    name: 'validator vote',
    summary: 'Approve a proposed change of a parameter, with all the stake behind one’s validator',
    options: {
      from,
      proposal: { type: 'integer', min: 0, required: true, summary: 'Number of the proposal' },
      against: { type: 'flag', summary: 'Refuse it' },
      ...signingOptions,
    },
    examples: [{ line: 'synod validator vote --from alice --proposal 3', shows: 'The latest answer counts' }],
    run: async (invocation) => (await import('../validator/run-validator.ts')).runVote(invocation),
  }),
  defineCommand({
    name: 'validator delegate',
    summary: 'Put one’s stake behind somebody’s validator, for a share of what it earns',
    details: 'It is slashed with the validator, and comes back by `validator undelegate`.',
    options: { operator, from: delegator, amount, ...signingOptions },
    examples: [
      { line: 'synod validator delegate --operator synod1… --from bob --amount 100', shows: 'Votes from the next block on' },
    ],
    run: async (invocation) => (await import('../validator/run-validator.ts')).runDelegate(invocation),
  }),
  defineCommand({
    name: 'validator undelegate',
    summary: 'Take one’s stake from behind a validator',
    details: 'It earns nothing from then on, and is free after ledger.unbonding_blocks blocks.',
    options: { operator, from: delegator, amount, ...signingOptions },
    examples: [
      { line: 'synod validator undelegate --operator synod1… --from bob --amount 100', shows: 'Rewards are paid at once' },
    ],
    run: async (invocation) => (await import('../validator/run-validator.ts')).runUndelegate(invocation),
  }),
  defineCommand({
    name: 'validator withdraw',
    summary: 'Have paid out what one has earned, as the operator of a validator or with stake behind it',
    options: { operator, from: delegator, ...signingOptions },
    examples: [{ line: 'synod validator withdraw --operator synod1… --from bob', shows: 'Into the account that signs' }],
    run: async (invocation) => (await import('../validator/run-validator.ts')).runWithdraw(invocation),
  }),
]
