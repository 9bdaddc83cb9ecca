import type { RelaySettings } from '../../engine/relay-desk.ts'
import { readDialTarget } from '../../peers/dial-target.ts'
import type { NodeConfig } from './node-config.ts'

/** A reservation costs its relay next to nothing, and is renewed long before it ends. */
const reservationMs = 60 * 60_000

/** What the settings say about relays. */
export function relaySettingsOf({ nat }: NodeConfig): RelaySettings {
  return {
    client: nat.relay_client,
    server: nat.relay_server,
    preferred: nat.relays.flatMap((address) => readDialTarget(address).peer ?? []),
    limits: {
      reservations: nat.relay_reservations_max,
      reservationsPerHost: nat.relay_reservations_per_ip,
      circuits: nat.relay_connections_max,
      circuitsPerPeer: nat.relay_connections_per_peer,
      bytesPerSecond: nat.relay_bytes_per_second,
      reservationMs,
      circuitMs: nat.relay_connection_minutes * 60_000,
    },
  }
}
