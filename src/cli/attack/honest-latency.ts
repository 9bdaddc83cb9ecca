/**
 * What honest users feel: transfers by the API of the attacked node until they are final, where accounts are at hand; otherwise pings of
 * a peer that was connected before the attack began.
 */
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { chainIdOf } from '../../chain/chain-spec.ts'
import { loadChain } from '../../node/config/load-chain.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { DevnetAccount } from '../devnet/found-devnet.ts'
import { startLightLoad } from '../devnet/light-load.ts'
import { createNetworkObserver } from '../devnet/network-observer.ts'
import { frameOf } from './frame-of.ts'
import { createHostilePeer } from './hostile-peer.ts'
import type { HonestMeasure } from './report.ts'
import type { Target } from './target.ts'

export interface HonestLatency {
  readonly measure: HonestMeasure
  /** Milliseconds, in the order they were measured; grows. */
  readonly samples: readonly number[]
  stop(): Promise<void>
}

const transfersPerSecond = 20
const pingEveryMs = 100
const pingKind = 5
const pongKind = 6
const honestHost = '127.77.0.1'

/** Transfers among the accounts of a home, through one node. */
export async function startHonestTransfers(
  home: string,
  api: string,
  accounts: readonly DevnetAccount[],
): Promise<HonestLatency> {
  const chain = await loadChain(await loadNodeConfig({ home }))
  const observer = createNetworkObserver((block, atMs) => load.onBlock(block.transactions, atMs))
  const load = startLightLoad({ chainId: chainIdOf(chain.spec), accounts, urls: [api], perSecond: transfersPerSecond })
  observer.follow(api)
  return {
    measure: 'finality',
    samples: load.finalityMs,
    async stop() {
      load.stop()
      observer.stop()
    },
  }
}

/** Pings over a connection of one well-behaved peer. Throws `OperationalError` ATTACK_REFUSED when the node does not take it. */
export async function startHonestPings(target: Target): Promise<HonestLatency> {
  const localAddress = target.host.startsWith('127.') ? honestHost : undefined
  const peer = await createHostilePeer({ privateKeySeed: systemEntropy.bytes(32), localAddress })
  const session = await peer.greet(target)
  if ('place' in session) {
    await peer.bare.stop()
    throw new OperationalError('ATTACK_REFUSED', `No honest peer gets to the node before the attack: ${session.reason}.`, {
      where: target.address,
    })
  }
  const samples: number[] = []
  let sentAt: number | undefined
  session.onFrame((kind) => {
    if (kind !== pongKind || sentAt === undefined) return
    samples.push(performance.now() - sentAt)
    sentAt = undefined
  })
  const timer = setInterval(() => {
    if (sentAt !== undefined) return
    sentAt = performance.now()
    session.control.write(frameOf(pingKind, systemEntropy.bytes(4)))
  }, pingEveryMs)
  return {
    measure: 'ping',
    samples,
    async stop() {
      clearInterval(timer)
      await peer.bare.stop()
    },
  }
}
