import type { Hello } from '../peers/hello.ts'
import { formatBlock, parseIp, reachOf } from '../peers/network-group.ts'
import { dialBackExtension, nonceBytes, observedExtension } from '../peers/reach-message.ts'
import type { GreetedConnection } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'

type Extensions = Hello['extensions']

/** Where this node sees the other, if that means anything elsewhere. */
export function observationOf({ host }: GreetedConnection): Extensions {
  const data = reachOf(host) === 'world' ? parseIp(host) : undefined
  return data ? [{ name: observedExtension, data }] : []
}

/** Says what the connection is for. */
export function dialBackWith(nonce: Bytes): Extensions {
  return [{ name: dialBackExtension, data: nonce }]
}

export interface ReadExtensions {
  /** The nonce of a connection that only shows that it can be made. */
  readonly dialBack: Bytes | undefined
  /** The IP address at which the sender sees this node. */
  readonly observed: string | undefined
}

export function readExtensions({ extensions }: Pick<Hello, 'extensions'>): ReadExtensions {
  const dataOf = (name: string) => extensions.find((extension) => extension.name === name)?.data
  const [nonce, address] = [dataOf(dialBackExtension), dataOf(observedExtension)]
  const isAddress = address?.length === 4 || address?.length === 16
  return {
    dialBack: nonce?.length === nonceBytes ? nonce : undefined,
    observed: isAddress ? formatBlock({ network: address, bits: address.length * 8 }) : undefined,
  }
}
