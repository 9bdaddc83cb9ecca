import { encode } from '../../codec/codec.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { ok, type Result, reject } from '../../primitives/result.ts'
import type { StateReader } from '../state.ts'
import { shareStateKey, totalsStateKey, validatorStateKey } from './keys.ts'
import {
  accountSchema,
  addressRecordSchema,
  governanceSchema,
  readAccount,
  readGovernance,
  readOperator,
  readRewards,
  rewardsSchema,
} from './records.ts'

/**
 * What the ledger answers without a proof: `account` and `validator` by the 20 bytes of an address, `operator` by the 48 bytes of a
 * consensus key, `delegation` by the addresses of operator and delegator, `totals`, `rewards` and
 * `governance` by nothing. Answers are encoded
 * records; no bytes where there is none.
 */
export function queryLedger(path: string, data: Bytes, state: StateReader): Result<Bytes> {
  switch (path) {
    case 'account':
      return data.length === 20 ? ok(encode(accountSchema, readAccount(state, data))) : malformed('an address has 20 bytes')
    case 'validator':
      return data.length === 20 ? ok(state.get(validatorStateKey(data)) ?? nothing) : malformed('an address has 20 bytes')
    case 'operator': {
      if (data.length !== 48) return malformed('a consensus key has 48 bytes')
      const operator = readOperator(state, data)
      return ok(operator ? encode(addressRecordSchema, operator) : nothing)
    }
    case 'delegation':
      if (data.length !== 40) return malformed('two addresses have 40 bytes')
      return ok(state.get(shareStateKey(data.subarray(0, 20), data.subarray(20))) ?? nothing)
    case 'rewards':
      return ok(encode(rewardsSchema, readRewards(state)))
    case 'governance':
      return ok(encode(governanceSchema, readGovernance(state)))
    case 'totals':
      return ok(state.get(totalsStateKey) ?? nothing)
    default:
      return reject(
        'QUERY_UNKNOWN',
        'the ledger answers account, validator, operator, delegation, governance, rewards and totals',
      )
  }
}

const nothing = new Uint8Array(0)

function malformed(detail: string): Result<never> {
  return reject('QUERY_MALFORMED', detail)
}
