/** How many connections a node has, and from whom. */
export interface ConnectionLimits {
  /** Of both directions together. */
  readonly total: number
  /** Connections this node keeps by dialling. */
  readonly outboundTarget: number
  /** Inbound ones that only allowed and staked peers may have. */
  readonly reserved: number
  /** Inbound, by address and by subnet. */
  readonly perHost: number
  readonly perSubnet: number
  /** New inbound connections a minute from one address, all of which may come at once. */
  readonly perHostMinute: number
  /** Inbound ones of which nobody knows yet who is behind them: in all, and by address. */
  readonly handshakes: number
  readonly handshakesPerHost: number
}

export const defaultConnectionLimits: ConnectionLimits = {
  total: 125,
  outboundTarget: 8,
  reserved: 16,
  perHost: 3,
  perSubnet: 10,
  perHostMinute: 30,
  handshakes: 64,
  handshakesPerHost: 3,
}
