/**
 * The loopback address of one of several nodes on this machine, each in a /24 of its own, so that limits by address and network see
 * several hosts. Only Linux answers on all of 127/8; elsewhere all nodes share 127.0.0.1.
 *
 * @param place counts from 0, up to 65,000.
 */
export function loopbackHost(place: number): string {
  if (process.platform !== 'linux') return '127.0.0.1'
  const network = place + 1
  return `127.${network >> 8}.${network & 255}.1`
}

/** The table `[defence]` of nodes on this machine where so many share one address; `undefined` where each has its own. */
export function sharedLoopbackLimits(nodes: number): Record<string, number> | undefined {
  if (process.platform === 'linux') return undefined
  const connections = 4 * nodes
  return {
    per_ip_max: connections,
    per_subnet_max: connections,
    per_ip_minute_max: 100 * connections,
    handshakes_per_ip_max: connections,
  }
}
