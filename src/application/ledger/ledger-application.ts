import type { ChainParameters } from '../../chain/changed-parameters.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { assert } from '../../primitives/assert.ts'
import { bytesEqual, fromHex } from '../../primitives/bytes.ts'
import type { Application } from '../application.ts'
import { checkTransaction } from './check-transaction.ts'
import { decodeLedgerTransaction, type LedgerContent } from './decode-transaction.ts'
import { executeBlock } from './execute-block.ts'
import { readLedgerGenesis, writeLedgerGenesis } from './genesis.ts'
import { chainChangesIn } from './governance.ts'
import { stakeOfNetworkKey } from './network-key.ts'
import type { LedgerRules } from './operation-context.ts'
import type { LedgerParameters } from './parameters.ts'
import { queryLedger } from './query.ts'
import { readAccount, readPossession } from './records.ts'

export interface LedgerOptions {
  /** The hash of the chain spec: transactions for any other chain are refused. */
  readonly chainId: ChainId
  /** The chain spec's prefix of addresses, needed to read the genesis. */
  readonly addressPrefix: string
  /** The chain spec's `[ledger]` section. */
  readonly parameters: LedgerParameters
  /** The chain spec's `limits.evidence_age_blocks`: no vote makes unbonding as short. */
  readonly evidenceAgeBlocks?: number
  /** The chain spec's rules beyond the ledger, of which votes change some; none of them unless given. */
  readonly chain?: ChainParameters
}

/**
 * The built-in application: accounts, transfers, fees, stake and validators. It is made for one chain, after the chain spec is read,
 * since the chain id is part of what a transaction means. Spec: docs/spec/ledger.md.
 */
export function ledgerApplication(options: LedgerOptions): Application<LedgerContent> {
  const { chainId, addressPrefix, parameters, evidenceAgeBlocks = 0, chain } = options
  const rules: LedgerRules = { chainId, parameters, unbondingBlocksMin: evidenceAgeBlocks + 1, chain }
  return {
    name: 'ledger',
    initChain(request, state) {
      assert(bytesEqual(request.chainId, chainId), 'the ledger was made for another chain')
      const { appState, validators } = request
      const genesis = readLedgerGenesis({ appState, addressPrefix, validators, parameters })
      assert(genesis.ok, genesis.ok ? '' : `genesis of the ledger: ${genesis.error}`)
      writeLedgerGenesis(state, genesis.value)
    },
    decodeTransaction: (encoded) => decodeLedgerTransaction(chainId, encoded),
    checkTx: (transaction, context) => checkTransaction(transaction, context, rules),
    nextNonce(sender, state) {
      const address = fromHex(sender)
      assert(address, 'the ledger names senders in hexadecimal')
      return readAccount(state, address).nonce
    },
    executeBlock: (request, state) => executeBlock(request, state, rules),
    chainChanges: chainChangesIn,
    stakeOfNetworkKey,
    possessionOf: (consensusKey, state) => readPossession(state, consensusKey),
    query: queryLedger,
  }
}
