import type { Channel, Verdict } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { Courier } from './courier.ts'
import type { Station } from './station.ts'

const seenMax = 65_536

/** Floods a message: everyone who accepts it passes it on, once. */
export function floodGossip(options: {
  readonly courier: Courier
  readonly stationOf: (peer: string) => Station | undefined
  readonly lives: (station: Station) => boolean
}): (from: Station, channel: Channel, message: Bytes) => void {
  const { courier, stationOf, lives } = options

  function isNew(station: Station, key: string): boolean {
    if (station.gossipSeen.has(key)) return false
    if (station.gossipSeen.size >= seenMax) station.gossipSeen.clear()
    station.gossipSeen.add(key)
    return true
  }

  function spread(from: Station, channel: Channel, message: Bytes, key: string): void {
    for (const [peer, { connection }] of from.links) {
      const to = stationOf(peer)
      if (!to) continue
      const arrive = () => {
        if (isNew(to, key)) hear(to, from, channel, message, key)
      }
      courier.carry({ from, to, connection, stream: `gossip ${channel}`, bytes: message.length, arrive })
    }
  }

  function hear(station: Station, from: Station, channel: Channel, message: Bytes, key: string): void {
    const judged = (verdict: Verdict | undefined) => {
      if (verdict === 'accept' && lives(station)) spread(station, channel, message, key)
    }
    Promise.resolve(station.handlers?.onGossip(from.self, channel, message.slice())).then(judged)
  }

  return (from, channel, message) => {
    const key = `${channel} ${Buffer.from(message).toString('latin1')}`
    if (isNew(from, key)) spread(from, channel, message, key)
  }
}
