/** Long names in the few characters a table has, and back. */
const idDigits = 8

/** The end of a peer id: the beginnings are alike. */
export function shortPeer(id: string): string {
  return id.length <= idDigits + 1 ? id : `…${id.slice(-idDigits)}`
}

export function shortHash(hash: string): string {
  return `${hash.slice(0, 12)}…`
}

/** `203.0.113.7:26600` for what a multiaddr says in many words; another multiaddr as it is, without the peer id. */
export function shortAddress(address: string): string {
  const bare = address.replace(/\/p2p\/[^/]+$/, '')
  const [, kind, host, port] = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/(?:tcp|udp)\/(\d+)/.exec(bare) ?? []
  if (host === undefined) return bare
  return kind === 'ip6' ? `[${host}]:${port}` : `${host}:${port}`
}

/** The one of these names that was meant by its end, as tables show it; otherwise what was given. */
export function wholeName(given: string, known: readonly string[]): string {
  const end = given.replace(/^…/, '')
  if (end.length < 4 || known.includes(given)) return given
  const meant = known.filter((name) => name.endsWith(end))
  return meant.length === 1 ? (meant[0] as string) : given
}
