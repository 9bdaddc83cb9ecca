import type { Block } from '../chain/block.ts'
import { announcementSchema } from '../chain/block-message.ts'
import type { Commit } from '../chain/certificate.ts'
import { verifyCommit } from '../chain/light-verification.ts'
import { decode, encode } from '../codec/codec.ts'
import type { PeerId, Verdict } from '../ports/network.ts'
import { type Bytes, bytesEqual } from '../primitives/bytes.ts'
import type { Chain } from './chain.ts'
import type { PeerJudge } from './peer-judge.ts'
import type { Ports } from './ports.ts'
import type { Usefulness } from './usefulness.ts'

/** The certificates of new final blocks, spread by gossip beyond direct peers: whoever missed the votes learns of a block from one message. */
export interface BlockAnnouncements {
  /** A block became final here: tells the network, when this node proposed it. */
  announce(block: Block, commit: Commit): void
  onGossip(peer: PeerId, message: Bytes): Promise<Verdict>
  stop(): void
}

/** A fast chain need not announce each block. */
const announceEveryMs = 200
/** A certificate for the next height is checked only if consensus does not decide it first. */
const graceMs = 150
/** Announcements that wait out the grace or are being checked; what comes on top is not passed on. */
const inCheckMax = 32

export function createBlockAnnouncements(options: {
  ports: Ports
  chain: Chain
  usefulness: Usefulness
  judge: PeerJudge
  proposer: Uint8Array | undefined
  onPeerHeight: (peer: PeerId, height: number) => void
}): BlockAnnouncements {
  const { ports, chain, judge, proposer } = options
  const { clock, network, verifier } = ports
  let announcedAt = Number.NEGATIVE_INFINITY
  let inCheck = 0
  let stopped = false

  async function check(peer: PeerId, commit: Commit): Promise<Verdict> {
    await new Promise<void>((resume) => clock.schedule(graceMs, resume))
    if (stopped) return 'ignore'
    const { height, hash, validators } = chain.tip()
    options.onPeerHeight(peer, commit.height)
    if (commit.height === height) return bytesEqual(commit.blockHash, hash) ? 'accept' : 'ignore'
    if (commit.height !== height + 1) return 'ignore'
    const verified = await verifyCommit(chain.chainId, commit, validators, verifier.bls)
    return verified.ok ? 'accept' : judge.refuse(peer, verified.error)
  }

  return {
    announce(block, commit) {
      const now = clock.monotonic()
      if (!proposer || !bytesEqual(block.header.proposer, proposer) || now - announcedAt < announceEveryMs) return
      announcedAt = now
      network.broadcast('blocks', encode(announcementSchema, { commit }))
    },

    async onGossip(peer, message) {
      const decoded = decode(announcementSchema, message)
      if (!decoded.ok) return judge.refuse(peer, decoded.error)
      const { commit } = decoded.value
      const { height, hash } = chain.tip()
      options.usefulness.count('gossip', commit.height > height ? 'useful' : 'duplicate', message.length)
      if (commit.height === height && bytesEqual(commit.blockHash, hash)) return 'accept'
      if (commit.height > height) options.onPeerHeight(peer, commit.height)
      if (commit.height !== height + 1 || inCheck >= inCheckMax) return 'ignore'
      inCheck++
      return check(peer, commit).finally(() => inCheck--)
    },

    stop() {
      stopped = true
    },
  }
}
