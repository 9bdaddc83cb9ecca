import type { Route } from '../route.ts'
import { showBlock, showChain, showCommit, showLightBlock, showValidatorChanges, showValidators } from './chain.ts'
import { submitEvidence } from './evidence.ts'
import { showMempool, showPeers, showStatus } from './node.ts'
import { operatorRoutes } from './operator.ts'
import { askApplication, showAccount, showState } from './state.ts'
import { showTransaction, submitTransactions } from './transactions.ts'

export const routes: readonly Route[] = [
  submitTransactions,
  submitEvidence,
  showTransaction,
  showAccount,
  showState,
  askApplication,
  showBlock,
  showCommit,
  showLightBlock,
  showValidatorChanges,
  showValidators,
  showChain,
  showStatus,
  showPeers,
  showMempool,
  ...operatorRoutes,
]
