import { rankByTransport } from '../peers/address-order.ts'
import { defaultBudgetLimits } from '../peers/budget-policy.ts'
import { defaultResourceLimits } from '../peers/resource-manager.ts'
import { createAttackWatch } from './attack-watch.ts'
import { createConnectionKeeper } from './connection-keeper.ts'
import { createDiscovery } from './discovery.ts'
import { createDnsSeeds } from './dns-seeds.ts'
import type { Foundation, NodeOptions } from './foundation.ts'
import { createInboundDesk, type InboundDesk } from './inbound-desk.ts'
import { createOperatorDesk } from './operator-desk.ts'
import { createPeerBudgetDesk } from './peer-budgets.ts'
import { createPeerJudge } from './peer-judge.ts'
import { createPeerRegister } from './peer-register.ts'
import { createResourceGuard } from './resource-guard.ts'
import { createStakeSlots } from './stake-slots.ts'

export type Defence = ReturnType<typeof openDefence>

/** The rooms that stand between strangers and everything else: who may come in, what it may cost, and what its offences cost it. */
export function openDefence(foundation: Foundation, options: NodeOptions) {
  const slots = createStakeSlots(foundation)
  const register = createPeerRegister(foundation)
  const attacks = createAttackWatch(foundation)
  const judge = attacks.watching(createPeerJudge({ ...foundation, register }))
  const inbound = createInboundDesk({
    ...foundation,
    register,
    judge,
    limits: options.connections,
    isStaked: slots.isStaked,
    isOpen: () => guard.admitsInbound,
    onRefused: attacks.refused,
  })
  const operator = createOperatorDesk(foundation)
  const budgets = createPeerBudgetDesk({
    ...foundation,
    judge,
    limits: options.budgets ?? defaultBudgetLimits,
    isStaked: slots.isStaked,
    servesBulk: () => guard.servesBulk,
  })
  const keeper = createConnectionKeeper({
    ...foundation,
    judge,
    peers: options.peers,
    limits: options.connections,
    ...(options.transports && { rankOf: rankByTransport(options.transports) }),
  })
  const discovery = createDiscovery({ ...foundation, register, keeper })
  const dnsSeeds = createDnsSeeds({
    ...foundation,
    settings: options.dnsSeeds ?? { seeds: [], allowsPrivate: false },
    outboundTarget: options.connections.outboundTarget,
    knowsOthers: () => options.peers.length > 0 || discovery.good(1).length > 0,
    discovery,
  })
  const guard = createResourceGuard({
    ...foundation,
    limits: options.resources ?? defaultResourceLimits,
    budgets,
    partFromLeast: inbound.partFromLeast,
  })
  const door: InboundDesk['handlers'] = {
    ...inbound.handlers,
    onInbound(connection) {
      guard.arrived()
      return inbound.handlers.onInbound(connection)
    },
    onStranger(connection, fault) {
      attacks.stranger(connection, fault)
      inbound.handlers.onStranger(connection, fault)
    },
  }
  return {
    slots,
    register,
    judge,
    inbound: { ...inbound, handlers: door },
    operator,
    budgets,
    keeper,
    discovery,
    dnsSeeds,
    attacks,
    guard,
  }
}
