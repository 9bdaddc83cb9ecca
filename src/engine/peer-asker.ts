import { blockRequestSchema, certifiedBlockSchema } from '../chain/block-message.ts'
import { headerRangeSchema, headersRequestSchema } from '../chain/header-message.ts'
import { decode, encode } from '../codec/codec.ts'
import type { PeerId } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Result } from '../primitives/result.ts'
import type { Ask, AskAnswer, PlanInput } from '../sync/plan-messages.ts'
import type { Ports } from './ports.ts'
import { createRequestBackoff } from './request-backoff.ts'
import type { Usefulness } from './usefulness.ts'

/** Carries the questions of block sync to peers, and says what they answered. */
export interface PeerAsker {
  /** False while the peer has asked for patience. */
  mayAsk(peer: PeerId): boolean
  ask(ask: Ask, timeoutMs: number): void
}

export function createPeerAsker(options: {
  ports: Pick<Ports, 'clock' | 'network' | 'telemetry'>
  usefulness: Usefulness
  /** Height of the latest final block here: what is above is useful. */
  height: () => number
  /** False once nobody waits for answers any more. */
  wanted: () => boolean
  /** A peer asked for patience. */
  onPatience: () => void
  heard: (input: PlanInput) => void
}): PeerAsker {
  const { network, telemetry, clock } = options.ports
  const backoff = createRequestBackoff(clock)

  async function carry(ask: Ask, timeoutMs: number): Promise<void> {
    const { id, peer, kind } = ask
    try {
      const protocol = kind === 'headers' ? 'headers' : 'block'
      for await (const part of network.request(peer, protocol, requestOf(ask), { timeoutMs })) {
        if (!options.wanted()) return
        const answer = read(ask, part)
        if (!answer.ok) return options.heard({ type: 'malformed', ask, rejection: answer.error })
        countUse(answer.value, part.length)
        options.heard({ type: 'answered', ask: id, answer: answer.value })
      }
      options.heard({ type: 'ended', ask: id, how: 'complete' })
    } catch (error) {
      // A peer that answers nothing, or breaks off, is not at fault.
      if (backoff.failed(peer, error)) options.onPatience()
      telemetry.log('debug', 'a peer did not answer a request for blocks', { peer, error: String(error) })
      options.heard({ type: 'ended', ask: id, how: 'broken' })
    }
  }

  function countUse(answer: AskAnswer, bytes: number): void {
    const height = answer.type === 'block' ? answer.block.header.height : answer.range.commit.height
    options.usefulness.count('requests', height > options.height() ? 'useful' : 'duplicate', bytes)
  }

  return {
    mayAsk: backoff.mayAsk,
    ask: (ask, timeoutMs) => void carry(ask, timeoutMs),
  }
}

function requestOf({ kind, from, count }: Ask): Bytes {
  return encode(kind === 'headers' ? headersRequestSchema : blockRequestSchema, { from, count })
}

function read({ kind }: Ask, part: Bytes): Result<AskAnswer> {
  if (kind === 'headers') {
    const decoded = decode(headerRangeSchema, part)
    return decoded.ok ? { ok: true, value: { type: 'headers', range: decoded.value } } : decoded
  }
  const decoded = decode(certifiedBlockSchema, part)
  return decoded.ok ? { ok: true, value: { type: 'block', block: decoded.value.block, bytes: part.length } } : decoded
}
