import { announcementSchema } from '../chain/block-message.ts'
import type { Certificate, Commit } from '../chain/certificate.ts'
import { verifyCommit } from '../chain/light-verification.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import { encode } from '../codec/codec.ts'
import { type Accusation, accuse } from '../light/accuse.ts'
import { lightCapability } from '../light/light-block.ts'
import type { PeerId } from '../ports/network.ts'
import { bytesEqual, toHex } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Fork as SyncedFork } from '../sync/plan-messages.ts'
import type { EvidenceDesk } from './evidence-desk.ts'
import { accusationOf, type ForkRecord, writeForkRecord } from './fork-record.ts'
import type { Foundation } from './foundation.ts'
import type { Handshake } from './handshake.ts'
import { peerLightBlock } from './peer-light-client.ts'
import { askForPolkas, polkasMax } from './polka-challenge.ts'

/**
 * Where certificates for two blocks of one height come together, whoever found them. A fork is never healed by a node itself: it signs
 * nothing from then on, finds out whom it can accuse, writes it down, tells the others and ends. Spec: docs/spec/light-client.md, "Forks".
 */
export interface ForkDesk {
  /** Two commits of one height for different blocks, not verified yet. */
  report(commits: readonly [Commit, Commit]): Promise<ForkVerdict>
  /** A certificate of a height that may be final here, not verified yet. */
  compare(commit: Commit): Promise<ForkVerdict>
  /** Block sync has met two certified blocks of one height. */
  onFork(fork: SyncedFork): void
  /** A peer's certified chain is another than this node's at this height, or parted from it before: finds where. */
  onDivided(peer: PeerId, height: number): void
  /** After a fork that was settled: who lied is punished by the chain that goes on. */
  accuseAgain(): void
}

/** `forked`: both hold. `forged`: one does not. `none`: they are of one block, of a fork that is known, or of a height that is not. */
export type ForkVerdict = 'forked' | 'forged' | 'none'

/** Blocks of a history that was given up go on being announced for a while. */
const traceEveryMs = 10_000

export function createForkDesk(options: {
  foundation: Foundation
  handshake: Pick<Handshake, 'of'>
  evidenceDesk: () => Pick<EvidenceDesk, 'spread'>
}): ForkDesk {
  const { chain, chainId, ports, gate, breakdown, polkas, forkRecord } = options.foundation
  const { telemetry, verifier } = ports
  let halted = false
  let tracedAt = Number.NEGATIVE_INFINITY

  const ownHash = (height: number) => {
    const tip = chain.tip()
    return height === tip.height ? tip.hash : chain.blocks.read(height)?.commit.blockHash
  }

  /** @param isTraced the blocks before these two are the same. */
  async function report(commits: readonly [Commit, Commit], isTraced = false): Promise<ForkVerdict> {
    const [{ height }] = commits
    if (halted || height === forkRecord?.height) return 'none'
    if (!isTraced && forkRecord?.chosen && height > forkRecord.height) {
      seek(traceAll(height))
      return 'none'
    }
    const validators = await chain.history.at(height)
    if (!validators) return 'none'
    for (const commit of commits) {
      if (!(await verifyCommit(chainId, commit, validators, verifier.bls)).ok) return 'forged'
    }
    if (halted) return 'forked'
    halted = true
    gate.shut(`two blocks of height ${height} are certified`)
    telemetry.log('error', 'the chain has forked: this node signs nothing any more', describe(commits))
    await settle(commits, validators).catch(breakdown.fail)
    return 'forked'
  }

  /** Who is accused only for want of an excuse is asked for it first: the polka may be with any peer. */
  async function settle(commits: readonly [Commit, Commit], validators: ValidatorSet): Promise<void> {
    const [{ height }] = commits
    // Whoever has one of the blocks learns of the other: perhaps nobody else knows of both.
    for (const commit of commits) ports.network.broadcast('blocks', encode(announcementSchema, { commit }))
    let known = await polkas.at(height)
    let accusation = accuse({ validators, commits }, known)
    if (accusation.suspects.length > 0) {
      known = [
        ...known,
        ...(await askForPolkas({ ...options.foundation, handshake: options.handshake }, height, validators)),
      ].slice(0, polkasMax)
      accusation = accuse({ validators, commits }, known)
    }
    await writeForkRecord(ports.disk, recordOf({ at: ports.clock.now(), commits, validators, known, accusation }))
    breakdown.fail(new OperationalError('CHAIN_FORKED', messageOf(commits, accusation)))
    // As far as there is time for it: the record holds it all the same.
    await spread(accusation.evidence)
  }

  async function compare(commit: Commit, isTraced = false): Promise<ForkVerdict> {
    const own = ownHash(commit.height)
    const ours = own && !bytesEqual(own, commit.blockHash) ? chain.blocks.read(commit.height)?.commit : undefined
    return ours ? report([ours, commit], isTraced) : 'none'
  }

  /** Above a fork that is settled, another block of a height is most likely of the history that was given up. One that is not stops the node. */
  async function traceAll(height: number): Promise<void> {
    const now = ports.clock.monotonic()
    if (now - tracedAt < traceEveryMs) return
    tracedAt = now
    const peers = ports.network.peers().filter(({ id }) => options.handshake.of(id)?.capabilities.includes(lightCapability))
    await Promise.all(peers.map(({ id }) => trace(id, height)))
  }

  /** A peer's commit of a height where it has another block; undefined when it shows none, or this node has none. */
  async function differing(peer: PeerId, height: number): Promise<Commit | 'same' | undefined> {
    const own = ownHash(height)
    if (!own) return undefined
    const light = await peerLightBlock(ports, peer, height)
    if (!light.ok || light.value.commit.height !== height) return undefined
    return bytesEqual(own, light.value.commit.blockHash) ? 'same' : light.value.commit
  }

  async function trace(peer: PeerId, height: number): Promise<void> {
    const top = await differing(peer, Math.min(height, chain.tip().height))
    const first = top && top !== 'same' && (await firstDifference(top, (at) => differing(peer, at)))
    if (first) await compare(first, true)
  }

  async function spread(evidence: Accusation['evidence']): Promise<void> {
    for (const piece of evidence) await options.evidenceDesk().spread(piece)
  }

  const seek = (work: Promise<unknown>): void => void work.catch(breakdown.fail)

  return {
    report: (commits) => report(commits),
    compare: (commit) => compare(commit),
    onFork: ({ blocks: [one, other] }) => seek(report([one.commit, other.commit])),
    onDivided(peer, height) {
      telemetry.log('warn', "a peer's certified chain parts from this node's", { peer, height })
      seek(trace(peer, height))
    },
    accuseAgain: () => seek(spread(forkRecord ? accusationOf(forkRecord).evidence : [])),
  }
}

/** The first height on which a peer's chain is another, by halves: they agree on genesis, before everything. */
async function firstDifference(
  top: Commit,
  at: (height: number) => Promise<Commit | 'same' | undefined>,
): Promise<Commit | undefined> {
  let theirs = top
  for (let low = 0; theirs.height - low > 1; ) {
    const middle = low + Math.floor((theirs.height - low) / 2)
    const between = await at(middle)
    if (between === undefined) return undefined
    if (between === 'same') low = middle
    else theirs = between
  }
  return theirs
}

function recordOf(given: {
  at: number
  commits: readonly [Commit, Commit]
  validators: ValidatorSet
  known: readonly Certificate[]
  accusation: Accusation
}): ForkRecord {
  const { at, commits, validators, known, accusation } = given
  const [first, second] = commits
  const { convicted, suspects } = accusation
  const { height } = first
  return { at, height, first, second, validators: validators.validators, polkas: known, convicted, suspects, chosen: undefined }
}

function describe([first, second]: readonly [Commit, Commit]) {
  const { height } = first
  return { height, first: toHex(first.blockHash), second: toHex(second.blockHash), rounds: `${first.round} and ${second.round}` }
}

function messageOf(commits: readonly [Commit, Commit], { convicted, suspects }: Accusation): string {
  const [first, second] = commits
  const names = (keys: readonly Uint8Array[]) => keys.map((key) => toHex(key).slice(0, 16)).join(' ') || 'nobody'
  const blocks = [first, second].map(({ blockHash, round }) => `${toHex(blockHash).slice(0, 16)} in round ${round}`).join(' and ')
  return `Two blocks of height ${first.height} are certified: ${blocks}. Convicted: ${names(convicted)}. Suspected: ${names(suspects)}.`
}
