/**
 * Whom `synod attack` may attack: nodes on loopback, and a node that consents. Nothing else decides, and nothing overrides it: no
 * option, no variable of the environment. Consent is the node's own, by its API: it takes the operator's token, and says that it listens
 * at the very address. The API must be on the attacked host itself, so that nobody consents for somebody else.
 */
import { BlockList, isIP } from 'node:net'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Target } from './target.ts'

/** What the API of a node answered to the operator's token. */
export interface NodeAnswer {
  /** The IP address of the API that was asked. */
  readonly apiHost: string
  readonly tokenAccepted: boolean
  /** The multiaddrs at which the node says that it listens. */
  readonly addresses: readonly string[]
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Of 127/8 or ::1, in whichever way it is written. An IPv4 address inside IPv6 is not: nodes are never listed so. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return loopback.check(host, 'ipv4')
  return isIP(host) === 6 && !host.includes('.') && !isMapped(host) && loopback.check(host, 'ipv6')
}

const mapped = new BlockList()
mapped.addSubnet('::ffff:0:0', 96, 'ipv6')

function isMapped(host: string): boolean {
  return mapped.check(host, 'ipv6')
}

/**
 * Throws `OperationalError` ATTACK_REFUSED unless the target may be attacked.
 *
 * @param answer of the API that the operator named; `undefined` where none was named, or no token was given.
 * @param ownHosts the addresses of this machine's interfaces: for these an API on its loopback is on the same host.
 */
export function requireConsent(target: Target, answer: NodeAnswer | undefined, ownHosts: readonly string[]): void {
  if (isLoopback(target.host)) return
  if (answer === undefined) throw refused(target, 'It is not on loopback, and no node has consented.')
  if (!isSameHost(answer.apiHost, target.host, ownHosts)) {
    throw refused(target, `The API is at ${answer.apiHost}, which is another host: it cannot consent for this one.`)
  }
  if (!answer.tokenAccepted) throw refused(target, 'The node does not accept the operator’s token.')
  if (!answer.addresses.some((address) => listensAt(address, target))) {
    throw refused(target, 'The node says that it does not listen there.')
  }
}

function isSameHost(apiHost: string, host: string, ownHosts: readonly string[]): boolean {
  if (isSameAddress(apiHost, host)) return true
  return isLoopback(apiHost) && ownHosts.some((own) => isSameAddress(own, host))
}

function listensAt(address: string, { host, port }: Target): boolean {
  const [, kind = '', listening = '', transport = '', listeningPort = ''] = address.split('/')
  if ((kind !== 'ip4' && kind !== 'ip6') || transport !== 'tcp' || Number(listeningPort) !== port) return false
  return isSameAddress(listening, host)
}

/** Whether two texts are one IP address, however they are written. */
function isSameAddress(one: string, other: string): boolean {
  const family = isIP(one)
  if (family === 0 || family !== isIP(other)) return false
  const set = new BlockList()
  set.addAddress(one, family === 4 ? 'ipv4' : 'ipv6')
  return set.check(other, family === 4 ? 'ipv4' : 'ipv6')
}

function refused(target: Target, message: string): OperationalError {
  return new OperationalError('ATTACK_REFUSED', `${target.address} is not attacked. ${message}`)
}
