import { decode, encode } from '../codec/codec.ts'
import { reachOfPeer } from '../peers/address-rules.ts'
import { readDialTarget } from '../peers/dial-target.ts'
import type { Hello } from '../peers/hello.ts'
import { parseIp, placeOf } from '../peers/network-group.ts'
import { isPublic, type OwnAddress } from '../peers/own-addresses.ts'
import { nonceBytes, paymentOf, reachAnswerSchema, reachCapability, reachRequestSchema } from '../peers/reach-message.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import type { OwnAddresses } from './own-addresses.ts'
import type { Ports } from './ports.ts'
import { createRequestBackoff } from './request-backoff.ts'

/**
 * Has this node's own addresses tried by peers of several network groups, and says of each what came of it. That an address is reached
 * is believed when the connection that was asked for arrives here with its nonce, whatever the server says.
 */
export interface ReachProber {
  /** A connection came that shows this nonce. */
  onDialBack(peer: PeerId, nonce: Bytes): void
  start(): void
  stop(): void
}

/** What is due is looked for this often; nothing is sent when nothing is. */
const reviewMs = 5000
/** One group is asked about one address again after this: sooner while it is not known to be reached. */
const againMs = { confirmed: 20 * 60_000, unconfirmed: 4 * 60_000, failed: 10 * 60_000 } as const
const requestTimeoutMs = 10_000
/** Asked at one review: of each address so many groups, and so many in all. */
const groupsAtOnce = 2
const questionsAtOnce = 6
const askedMax = 1024

const none = new Uint8Array(0)

interface Question {
  readonly peer: PeerId
  arrived: boolean
}

interface Server {
  readonly id: PeerId
  readonly host: string
  readonly group: string
}

export function createReachProber(options: {
  ports: Ports
  ownAddresses: OwnAddresses
  helloOf: (peer: PeerId) => Pick<Hello, 'capabilities'> | undefined
  enabled: boolean
}): ReachProber {
  const { ownAddresses, helloOf, enabled } = options
  const { clock, entropy, network, telemetry } = options.ports
  const backoff = createRequestBackoff(clock)
  const open = new Map<string, Question>()
  /** When a group was last asked about an address. */
  const asked = createBoundedMap<string, number>(askedMax)
  let timer: Timer | undefined
  let turn = 0

  /** Whom a question can be put to: a server that stands outside, and is seen itself. */
  function servers(): readonly Server[] {
    return network.peers().flatMap(({ id, host, relayed }: PeerInfo) => {
      const isServer = helloOf(id)?.capabilities.includes(reachCapability) ?? false
      if (relayed || !isServer || reachOfPeer(host) !== 'world' || !backoff.mayAsk(id)) return []
      return [{ id, host, group: placeOf(host).group }]
    })
  }

  function due({ address, standing }: OwnAddress, all: readonly Server[]): readonly Server[] {
    const now = clock.monotonic()
    const chosen = new Map<string, Server>()
    // Each review begins with another peer, so that one that does not answer stands in nobody's way.
    for (let place = 0; place < all.length && chosen.size < groupsAtOnce; place++) {
      const server = all[(turn + place) % all.length] as Server
      const last = asked.peek(`${address} ${server.group}`)
      if (last === undefined || now - last >= againMs[standing]) chosen.set(server.group, server)
    }
    return [...chosen.values()]
  }

  function review(): void {
    timer = clock.schedule(reviewMs, review)
    const all = servers()
    if (all.length === 0) return
    turn++
    const questions = ownAddresses
      .candidates()
      .filter(({ address }) => isPublic(address))
      .flatMap((candidate) => due(candidate, all).map((server) => ({ address: candidate.address, server })))
    for (const { address, server } of questions.slice(0, questionsAtOnce)) void ask(address, server)
  }

  async function ask(address: string, server: Server): Promise<void> {
    asked.set(`${address} ${server.group}`, clock.monotonic())
    const nonce = entropy.bytes(nonceBytes)
    const question: Question = { peer: server.id, arrived: false }
    open.set(bytesKey(nonce), question)
    const claim = await answerOf(
      server,
      encode(reachRequestSchema, { nonce, address, payment: owesFor(address, server) ? paymentOf(nonce) : none }),
    )
    open.delete(bytesKey(nonce))
    const outcome = question.arrived ? 'reached' : claim === false ? 'unreachable' : claim ? 'unseen' : 'unanswered'
    telemetry.count('synod_reach_asked_total', 1, { outcome })
    telemetry.log('debug', 'an address of this node was tried', { address, server: server.id, outcome })
    if (outcome === 'reached' || outcome === 'unreachable') ownAddresses.judge(address, server.group, outcome)
  }

  /** `undefined` when there is no answer, or one that says nothing. */
  async function answerOf(server: Server, request: Bytes): Promise<boolean | undefined> {
    try {
      for await (const part of network.request(server.id, 'reach', request, { timeoutMs: requestTimeoutMs })) {
        const decoded = decode(reachAnswerSchema, part)
        return decoded.ok ? decoded.value.reached : undefined
      }
    } catch (error) {
      backoff.failed(server.id, error)
    }
    return undefined
  }

  return {
    onDialBack(peer, nonce) {
      const question = open.get(bytesKey(nonce))
      if (question?.peer === peer) question.arrived = true
    },
    start() {
      if (enabled) timer = clock.schedule(reviewMs, review)
    },
    stop: () => timer?.cancel(),
  }
}

/** A server sees this node at an address of the family that it is connected by; one of the other family is a stranger's to it. */
function owesFor(address: string, { host }: Server): boolean {
  const { kind, host: own } = readDialTarget(address)
  return kind === 'ip' && parseIp(own)?.length !== parseIp(host)?.length
}
