import { askTimeServer } from '../../adapters/system/time-server.ts'
import type { ConsensusParameters } from '../../chain/chain-spec.ts'
import type { NodeConfig } from '../../node/config/node-config.ts'
import type { ClockEvidence } from './clock.ts'
import type { RunningNode } from './running-node.ts'

const timeoutMs = 3000
/** A proposal and two rounds of votes. */
const messagesUntilFinal = 3

export async function measureClock(
  { node: { time_servers: servers } }: NodeConfig,
  running: RunningNode | undefined,
  { precision_ms: precisionMs, message_delay_ms: messageDelayMs }: ConsensusParameters,
): Promise<ClockEvidence> {
  const [readings, fresh] = await Promise.all([
    Promise.all(servers.map((server) => askTimeServer(server, { timeoutMs }).catch(() => undefined))),
    running?.nextBlockAgeMs(timeoutMs),
  ])
  const status = running?.status
  return {
    aheadMs: readings.flatMap((reading) => (reading ? [reading.aheadMs] : [])),
    servers: servers.length,
    newestBlockAgeMs: status && status.height > 0 ? Date.now() - status.blockTime : undefined,
    freshBlockAgeMs: fresh,
    blockDelayMs: messagesUntilFinal * messageDelayMs,
    precisionMs,
  }
}
