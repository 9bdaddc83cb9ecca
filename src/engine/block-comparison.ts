import { blockHash } from '../chain/header.ts'
import type { HeaderRange } from '../chain/header-message.ts'
import { verifyCommit } from '../chain/light-verification.ts'
import type { PeerId } from '../ports/network.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import type { Rejection } from '../primitives/result.ts'
import type { CertifiedHeader, Fork } from '../sync/plan-messages.ts'
import type { Foundation } from './foundation.ts'

/** Compares a peer's block of a height with this node's. `unknown`: the peer did not say, or there is none here. */
export type BlockComparison = (
  peer: PeerId,
  height: number,
  ask: (peer: PeerId, height: number) => Promise<HeaderRange | undefined>,
) => Promise<'same' | 'different' | 'unknown'>

export function createBlockComparison(
  options: Pick<Foundation, 'ports' | 'chain' | 'chainId'> & {
    readonly onRejection: (peer: PeerId, rejection: Rejection) => void
    readonly onFork: (fork: Fork) => void
  },
): BlockComparison {
  const { chain, chainId, ports } = options

  /** The certificate decides: without one the peer lied, with one more than a third of the stake has signed twice. */
  async function judge(peer: PeerId, other: CertifiedHeader, own: CertifiedHeader): Promise<void> {
    const { height } = own.header
    const { header, commit } = other
    const validators = await chain.history.at(height)
    if (!validators) return
    if (!bytesEqual(commit.blockHash, blockHash(header)) || commit.height !== height)
      return options.onRejection(peer, { code: 'SYNC_WRONG_COMMIT', detail: `at height ${height}` })
    const checked = await verifyCommit(chainId, commit, validators, ports.verifier.bls)
    if (checked.ok) options.onFork({ height, validators, blocks: [own, other] })
    else options.onRejection(peer, checked.error)
  }

  return async (peer, height, ask) => {
    const own = chain.blocks.header(height)
    const said = own && (await ask(peer, height))
    const header = said?.headers[0]
    if (!own || !header || header.height !== height) return 'unknown'
    if (bytesEqual(blockHash(header), own.commit.blockHash)) return 'same'
    await judge(peer, { header, commit: said.commit }, own)
    return 'different'
  }
}
