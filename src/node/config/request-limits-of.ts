import type { NodeConfig } from './node-config.ts'

/** What the settings say about how much anybody may ask of the API. */
export function requestLimitsOf({ api }: NodeConfig) {
  return {
    perAddressSecond: api.per_ip_requests_second,
    inFlightPerAddress: api.per_ip_inflight_max,
    inFlight: api.inflight_max,
    streamsPerAddress: api.per_ip_streams_max,
  }
}
