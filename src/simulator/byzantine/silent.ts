import type { Liar } from './liar.ts'

/** Hears everything and says nothing in consensus. */
export const silent: Liar = ({ ports }) => ({
  ...ports,
  network: {
    ...ports.network,
    send: (peer, channel, message) => channel === 'consensus' || ports.network.send(peer, channel, message),
  },
})
