import { defaultBudgetLimits } from '../peers/budget-policy.ts'
import { createConnectionKeeper } from './connection-keeper.ts'
import type { Foundation, NodeOptions } from './foundation.ts'
import { createInboundDesk } from './inbound-desk.ts'
import { createOperatorDesk } from './operator-desk.ts'
import { createPeerBudgetDesk } from './peer-budgets.ts'
import { createPeerJudge } from './peer-judge.ts'
import { createPeerRegister } from './peer-register.ts'

export type Defence = ReturnType<typeof openDefence>

/** The rooms that stand between strangers and everything else: who may come in, what it may cost, and what its offences cost it. */
export function openDefence(foundation: Foundation, options: NodeOptions) {
  const register = createPeerRegister(foundation)
  const judge = createPeerJudge({ ...foundation, register })
  const inbound = createInboundDesk({ ...foundation, register, judge, limits: options.connections, isStaked: () => false })
  const operator = createOperatorDesk(foundation)
  const budgets = createPeerBudgetDesk({ ...foundation, judge, limits: options.budgets ?? defaultBudgetLimits })
  const keeper = createConnectionKeeper({ ...foundation, register, judge, peers: options.peers, limits: options.connections })
  return { register, judge, inbound, operator, budgets, keeper }
}
