import { askTimeServer } from '../../adapters/system/time-server.ts'
import type { ClockEvidence } from './clock.ts'
import type { RunningNode } from './running-node.ts'

const timeoutMs = 3000

export async function measureClock(
  servers: readonly string[],
  running: RunningNode | undefined,
  precisionMs: number,
): Promise<ClockEvidence> {
  const readings = await Promise.all(servers.map((server) => askTimeServer(server, { timeoutMs }).catch(() => undefined)))
  const status = running?.status
  return {
    aheadMs: readings.flatMap((reading) => (reading ? [reading.aheadMs] : [])),
    servers: servers.length,
    newestBlockAgeMs: status && status.height > 0 ? Date.now() - status.blockTime : undefined,
    precisionMs,
  }
}
