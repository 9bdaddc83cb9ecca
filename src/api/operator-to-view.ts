import type { CrawlView, NetView, StandingView, TraceView, TrafficView } from '../client/operator-views.ts'
import type { NetStatus, PeerStanding, SynodNode, TracedMessage } from '../engine/synod-node.ts'
import type { Traffic } from '../ports/network.ts'
import { toHex } from '../primitives/bytes.ts'

/** The node's values in the API's words, as far as they are for its operator. */
export function netToView({ at, total, peers, usefulness, addressBook }: NetStatus): NetView {
  return {
    at,
    total: trafficToView(total),
    peers: peers.map(({ id, traffic }) => ({ id, traffic: trafficToView(traffic) })),
    usefulness,
    addressBook: { ...addressBook, anchors: [...addressBook.anchors] },
  }
}

export function crawlToView(directory: SynodNode['directory']): CrawlView {
  const { running, last } = directory?.crawled() ?? { running: false, last: undefined }
  const nodes = (last?.nodes ?? []).map((node) => ({
    ...node,
    addresses: [...node.addresses],
    capabilities: [...node.capabilities],
  }))
  return { running, possible: directory !== undefined, last: last ? { ...last, nodes } : null }
}

export function trafficToView({ wire, classes }: Traffic): TrafficView {
  return { wire, classes }
}

export function standingToView({ score, reasons, bannedUntil }: PeerStanding): StandingView {
  return { score, reasons: reasons.map((reason) => ({ ...reason })), bannedUntil: bannedUntil ?? null }
}

/** @param now of the same clock as the sightings, for whoever compares them with another node's. */
export function traceToView(peerId: string, now: number, { sightings, block, completeSince }: TracedMessage): TraceView {
  return {
    peerId,
    now,
    sightings: sightings.map(({ event, at, peer = null, within, height = null }) => ({
      event,
      at,
      peer,
      within: within ? toHex(within) : null,
      height,
    })),
    block: block ? { height: block.height, hash: toHex(block.hash) } : null,
    completeSince: completeSince ?? null,
  }
}
