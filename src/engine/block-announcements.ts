import type { Block } from '../chain/block.ts'
import { announcementSchema } from '../chain/block-message.ts'
import { type Commit, commitSchema } from '../chain/certificate.ts'
import { verifyCommit } from '../chain/light-verification.ts'
import { decode, encode } from '../codec/codec.ts'
import type { PeerId, Verdict } from '../ports/network.ts'
import { type Bytes, bytesEqual } from '../primitives/bytes.ts'
import type { Chain } from './chain.ts'
import type { ForkVerdict } from './fork-desk.ts'
import type { PeerJudge } from './peer-judge.ts'
import type { Ports } from './ports.ts'
import type { Usefulness } from './usefulness.ts'

/**
 * The certificates of new final blocks, spread by gossip beyond direct peers: whoever missed the votes learns of a block from one message.
 * Nothing is passed on that was not verified: a node one height behind parts from whoever passes on a forgery.
 */
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
  proposer: () => Uint8Array | undefined
  /** Whether a certificate of a height that is final here is for another block: that would be a fork, or a forgery. */
  compare: (commit: Commit) => Promise<ForkVerdict>
  onPeerHeight: (peer: PeerId, height: number) => void
}): BlockAnnouncements {
  const { ports, chain, judge } = options
  const { clock, network, verifier } = ports
  let announcedAt = Number.NEGATIVE_INFINITY
  let inCheck = 0
  let stopped = false

  async function check(peer: PeerId, commit: Commit): Promise<Verdict> {
    await new Promise<void>((resume) => clock.schedule(graceMs, resume))
    if (stopped) return 'ignore'
    options.onPeerHeight(peer, commit.height)
    const { height, validators, lastValidators } = chain.tip()
    if (isOwn(commit)) return 'accept'
    if (commit.height !== height + 1 && !isOfTip(commit)) return 'ignore'
    const signers = commit.height === height ? lastValidators : validators
    const verified = await verifyCommit(chain.chainId, commit, signers, verifier.bls)
    return verified.ok ? 'accept' : judge.refuse(peer, verified.error)
  }

  async function compare(peer: PeerId, commit: Commit): Promise<Verdict> {
    const verdict = await options.compare(commit)
    if (verdict === 'forged')
      return judge.refuse(peer, { code: 'SIGNATURE_INVALID', detail: `commit of height ${commit.height}` })
    return verdict === 'forked' ? 'accept' : 'ignore'
  }

  /** Another set of signers than this node's own: it may be as good, and anybody can make one that is not. */
  function isOfTip(commit: Commit): boolean {
    const { height, hash } = chain.tip()
    return commit.height === height && bytesEqual(commit.blockHash, hash)
  }

  /** The very commit that this node holds, signers and signature included: it is verified already. */
  function isOwn(commit: Commit): boolean {
    const own = chain.tip().commit
    return own !== undefined && bytesEqual(encode(commitSchema, own), encode(commitSchema, commit))
  }

  return {
    announce(block, commit) {
      const now = clock.monotonic()
      const proposer = options.proposer()
      if (!proposer || !bytesEqual(block.header.proposer, proposer) || now - announcedAt < announceEveryMs) return
      announcedAt = now
      network.broadcast('blocks', encode(announcementSchema, { commit }))
    },

    async onGossip(peer, message) {
      const decoded = decode(announcementSchema, message)
      if (!decoded.ok) return judge.refuse(peer, decoded.error)
      const { commit } = decoded.value
      const { height } = chain.tip()
      options.usefulness.count('gossip', commit.height > height ? 'useful' : 'duplicate', message.length)
      if (isOwn(commit)) return 'accept'
      if (commit.height > height) options.onPeerHeight(peer, commit.height)
      const isFinal = commit.height <= height && !isOfTip(commit)
      if ((commit.height !== height + 1 && !isOfTip(commit) && !isFinal) || inCheck >= inCheckMax) return 'ignore'
      inCheck++
      return (isFinal ? compare(peer, commit) : check(peer, commit)).finally(() => inCheck--)
    },

    stop() {
      stopped = true
    },
  }
}
