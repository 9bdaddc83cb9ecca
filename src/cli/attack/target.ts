import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { OperationalError } from '../../primitives/operational-error.ts'

/** The one address that is attacked: whatever name stood for it was resolved once, and is not asked for again. */
export interface Target {
  /** An IP address, without a zone. */
  readonly host: string
  readonly port: number
  /** The same as a multiaddr, without a peer id. */
  readonly address: string
}

export type Resolve = (name: string, family: 0 | 4 | 6) => Promise<string>

const pattern = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/\s]+)\/tcp\/([0-9]{1,5})(?:\/p2p\/[1-9A-HJ-NP-Za-km-z]+)?$/
const families = { ip4: 4, ip6: 6, dns: 0, dns4: 4, dns6: 6 } as const

/** Reads a multiaddr over TCP. Throws `OperationalError` USAGE_INVALID, or ATTACK_REFUSED for a name that does not resolve. */
export async function readTarget(text: string, resolve: Resolve = resolveOnce): Promise<Target> {
  const match = pattern.exec(text)
  const [, kind = '', name = '', portText = ''] = match ?? []
  const port = Number(portText)
  if (!match || port < 1 || port > 65_535) throw malformed(text)
  const family = families[kind as keyof typeof families]
  if (kind === 'ip4' || kind === 'ip6') {
    if (isIP(name) !== family || name.includes('%')) throw malformed(text)
    return targetOf(name, port)
  }
  const host = await resolve(name, family).catch((cause: unknown) => {
    throw new OperationalError('ATTACK_REFUSED', `The name ${JSON.stringify(name)} does not resolve.`, { where: text, cause })
  })
  return targetOf(host, port)
}

function targetOf(host: string, port: number): Target {
  return { host, port, address: `/ip${isIP(host)}/${host}/tcp/${port}` }
}

async function resolveOnce(name: string, family: 0 | 4 | 6): Promise<string> {
  return (await lookup(name, { family })).address
}

function malformed(text: string): OperationalError {
  return new OperationalError('USAGE_INVALID', `${JSON.stringify(text)} is no address to attack.`, {
    hint: 'Give a multiaddr over TCP, such as /ip4/127.0.0.1/tcp/26600.',
  })
}
