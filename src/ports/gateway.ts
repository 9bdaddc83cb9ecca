/**
 * The router between this node and the world, where it takes requests (UPnP IGD). What it says is a machine's word, neither proved nor
 * lasting: a mapping it granted may be gone a minute later, so it is looked at again. All of these reject with `OperationalError`
 * GATEWAY_FAILED when there is no answer in time, or one that makes no sense.
 */
export interface Gateway {
  /** Looks for one on this network; `undefined` when none answers. Takes some seconds. */
  find(): Promise<FoundGateway | undefined>
}

export interface FoundGateway {
  /** The address of this machine on the gateway's side of the network. */
  readonly internalHost: string
  /** The gateway's address on its other side, which another NAT may hide in its turn; `undefined` when it has none. */
  externalHost(): Promise<string | undefined>
  /** Forwards a port for so long. Resolves with how it was granted: a taken port is refused, as `taken`. */
  map(mapping: PortMapping): Promise<'granted' | 'permanent' | 'taken'>
  /** Whether the gateway knows this very mapping now. */
  stands(mapping: PortMapping): Promise<boolean>
  unmap(mapping: PortMapping): Promise<void>
}

export interface PortMapping {
  readonly protocol: 'tcp' | 'udp'
  readonly internalPort: number
  readonly externalPort: number
  readonly leaseSeconds: number
}
