/**
 * Why a transaction of the ledger had no effect. `skipped`: as if it had not been in the block, it pays nothing and its nonce stays
 * free. `failed`: its operations did nothing, its fee is paid and its nonce used. The numbers are part of the results root: a number,
 * once given, keeps its meaning.
 */
interface ResultCodeEntry {
  readonly code: number
  readonly effect: 'executed' | 'skipped' | 'failed'
  readonly summary: string
}

export const resultCodes = {
  executed: { code: 0, effect: 'executed', summary: 'Every operation was executed.' },
  'nonce-too-low': { code: 1, effect: 'skipped', summary: 'The sender has used this nonce before.' },
  'nonce-too-high': { code: 2, effect: 'skipped', summary: 'An earlier transaction of the sender is missing.' },
  expired: { code: 3, effect: 'skipped', summary: 'The block is higher than the last one the transaction may stand in.' },
  underpaid: { code: 4, effect: 'skipped', summary: 'The fee is below the minimum for these operations.' },
  'fee-unaffordable': { code: 5, effect: 'skipped', summary: 'The sender’s balance does not cover the fee.' },
  'balance-too-low': { code: 16, effect: 'failed', summary: 'The sender’s balance does not cover an operation.' },
  'amount-zero': { code: 17, effect: 'failed', summary: 'An operation moves nothing.' },
  'stake-too-low': { code: 18, effect: 'failed', summary: 'The stake would be below the minimum.' },
  'not-a-validator': { code: 19, effect: 'failed', summary: 'The sender does not operate a validator.' },
  'validator-jailed': {
    code: 20,
    effect: 'failed',
    summary: 'The validator was convicted of misbehaviour, or jailed for its absence.',
  },
  'key-taken': { code: 21, effect: 'failed', summary: 'Another account has this consensus or network key.' },
  'key-differs': { code: 22, effect: 'failed', summary: 'The sender operates a validator with another key.' },
  'possession-unproved': { code: 23, effect: 'failed', summary: 'The proof of possession of the consensus key does not verify.' },
  'validators-full': { code: 24, effect: 'failed', summary: 'The validator set has no free seat.' },
  'last-validator': { code: 25, effect: 'failed', summary: 'The last validator cannot leave.' },
  'unbonding-full': { code: 26, effect: 'failed', summary: 'The validator has too many unstakings under way.' },
  'registrations-full': { code: 27, effect: 'failed', summary: 'The block has as many new validator keys as a block may have.' },
  'rotation-too-soon': {
    code: 28,
    effect: 'failed',
    summary: 'Stake may still answer for the key before: one rotation at a time.',
  },
  'validator-unknown': { code: 29, effect: 'failed', summary: 'Nobody operates a validator at this address.' },
  'validator-left': { code: 30, effect: 'failed', summary: 'The operator of the validator has taken its stake out.' },
  'delegation-too-low': { code: 31, effect: 'failed', summary: 'The delegation would be below the minimum.' },
  'delegation-unpriced': { code: 32, effect: 'failed', summary: 'Slashing has left so little that no share of it has a price.' },
  'delegation-unknown': { code: 33, effect: 'failed', summary: 'The sender has delegated nothing to this validator.' },
  'commission-too-steep': { code: 34, effect: 'failed', summary: 'The commission would rise by more than it may at once.' },
  'commission-too-soon': { code: 35, effect: 'failed', summary: 'The commission changed too short a time ago to rise.' },
  'not-jailed': { code: 36, effect: 'failed', summary: 'The validator is not jailed.' },
  'jailed-still': { code: 37, effect: 'failed', summary: 'The time for which the validator was jailed is not over.' },
  'parameter-unknown': { code: 38, effect: 'failed', summary: 'The ledger has no parameter of this name.' },
  'parameter-out-of-bounds': { code: 39, effect: 'failed', summary: 'The parameter may not have this value.' },
  'proposal-open': { code: 40, effect: 'failed', summary: 'Another proposal for this parameter is being voted on.' },
  'proposal-unknown': { code: 41, effect: 'failed', summary: 'No proposal of this number is being voted on.' },
} as const satisfies Record<string, ResultCodeEntry>

export type ResultCodeName = keyof typeof resultCodes
/** What an operation or a transaction came to. */
export type Outcome = ResultCodeName

const nameByCode = new Map(Object.entries(resultCodes).map(([name, { code }]) => [code as number, name as ResultCodeName]))

/** The name of a result code, for people and clients. */
export function resultCodeName(code: number): ResultCodeName | undefined {
  return nameByCode.get(code)
}
