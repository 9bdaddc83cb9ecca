import ipaddr from 'ipaddr.js'

/**
 * What an address says of who is behind it. Addresses of one subnet (/24 of IPv4, /48 of IPv6: what one customer is given) may be one
 * party's; those of one group (/16, /32: about one provider's block) share a fate. IPv4 inside IPv6, mapped or translated, is IPv4.
 * A host that is no IP address, as in the simulator and in memory, stands alone: it is its own subnet and group.
 */
export interface NetworkPlace {
  /** In its shortest form. */
  readonly host: string
  /** The smallest block that one party surely holds whole: the address itself, or the /64 of an IPv6 one. */
  readonly site: string
  readonly subnet: string
  readonly group: string
}

/** A range of addresses, or one. `bits` is the length of the prefix that they share. */
export interface AddressBlock {
  readonly network: Uint8Array
  readonly bits: number
}

const prefixBits = { 4: { site: 32, subnet: 24, group: 16 }, 16: { site: 64, subnet: 48, group: 32 } } as const

export function placeOf(host: string): NetworkPlace {
  const address = parseIp(host)
  // Whoever relays can be many at no cost, so that all who are relayed are one group.
  if (!address) return { host, site: host, subnet: host, group: isRelayHost(host) ? 'relayed' : host }
  const bits = prefixBits[address.length as 4 | 16]
  return {
    host: formatIp(address),
    site: formatBlock({ network: address, bits: bits.site }),
    subnet: formatBlock({ network: address, bits: bits.subnet }),
    group: formatBlock({ network: address, bits: bits.group }),
  }
}

const relayPrefix = 'relay:'

/** Stands for the address of a peer that a relay leads here: what is known is the relay, which answers for all it leads. */
export const relayHost = (relay: string): string => `${relayPrefix}${relay}`

export const isRelayHost = (host: string): boolean => host.startsWith(relayPrefix)

/**
 * The wider block, a /12 of IPv4 or a /28 of IPv6. Large providers hold neighbouring groups, so this comes near to telling autonomous
 * systems apart without a table of them.
 */
export function realmOf(host: string): string {
  const address = parseIp(host)
  return address ? formatBlock({ network: address, bits: address.length === 4 ? 12 : 28 }) : placeOf(host).group
}

/** 4 or 16 bytes; undefined when the text is no IP address. Octal, hexadecimal and shortened IPv4 forms are none. */
export function parseIp(text: string): Uint8Array | undefined {
  // Every address that a peer tells of comes by here, and most are IPv4: the library takes ten times as long, and throws to say no.
  if (/^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(text)) return parseIpv4(text)
  if (!/^[0-9a-f:.]*:[0-9a-f:.]*(%.+)?$/i.test(text) || !ipaddr.IPv6.isValid(text)) return undefined
  const address = Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray())
  const carriesIpv4 = [mapped, translated].some((prefix) => contains({ network: prefix, bits: 96 }, address))
  return carriesIpv4 ? address.slice(12) : address
}

/** Of four groups of digits: none above 255, none with a zero before others, which some programs read as octal. */
function parseIpv4(text: string): Uint8Array | undefined {
  const [a = '', b = '', c = '', d = ''] = text.split('.')
  const address = Uint8Array.of(Number(a), Number(b), Number(c), Number(d))
  return formatIp(address) === text ? address : undefined
}

const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0)
/** RFC 6052: how IPv4 is seen behind a translator. */
const translated = Uint8Array.of(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/** An address, or a block in CIDR form. */
export function parseBlock(text: string): AddressBlock | undefined {
  const [address = '', length, ...rest] = text.split('/')
  const network = parseIp(address)
  if (!network || rest.length > 0) return undefined
  if (length === undefined) return { network, bits: network.length * 8 }
  if (!/^\d{1,3}$/.test(length)) return undefined
  const carried = address.includes(':') && network.length === 4
  const bits = Number(length) - (carried ? 96 : 0)
  return bits >= 0 && bits <= network.length * 8 ? { network: masked(network, bits), bits } : undefined
}

export function contains({ network, bits }: AddressBlock, address: Uint8Array): boolean {
  if (network.length !== address.length) return false
  const whole = bits >> 3
  for (let index = 0; index < whole; index++) if (network[index] !== address[index]) return false
  const rest = 8 - (bits & 7)
  return rest === 8 || (network[whole] as number) >> rest === (address[whole] as number) >> rest
}

/** `10.0.0.0/8`; a single address without its length. */
export function formatBlock({ network, bits }: AddressBlock): string {
  const text = formatIp(masked(network, bits))
  return bits === network.length * 8 ? text : `${text}/${bits}`
}

/** Whether an address can be reached from anywhere, only from its own network, or only from its own machine. */
export function reachOf(host: string): 'world' | 'site' | 'machine' | 'none' {
  const address = parseIp(host)
  if (!address) return 'none'
  const range = ipaddr.fromByteArray([...address]).range()
  if (range === 'loopback') return 'machine'
  if (range === 'private' || range === 'uniqueLocal' || range === 'linkLocal' || range === 'carrierGradeNat') return 'site'
  return range === 'unicast' || range === '6to4' || range === 'teredo' ? 'world' : 'none'
}

function formatIp(address: Uint8Array): string {
  if (address.length === 4) return `${address[0]}.${address[1]}.${address[2]}.${address[3]}`
  return (ipaddr.fromByteArray([...address]) as InstanceType<typeof ipaddr.IPv6>).toRFC5952String()
}

function masked(network: Uint8Array, bits: number): Uint8Array {
  return network.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))))
}
