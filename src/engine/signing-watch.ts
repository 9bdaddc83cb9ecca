import type { SignedPosition } from '../chain/signing.ts'
import { indexOfValidator } from '../chain/validator-set.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Breakdown } from './breakdown.ts'
import type { Chain } from './chain.ts'
import type { GuardedSigner } from './guarded-signer.ts'
import type { Ports } from './ports.ts'
import type { SigningGate } from './signing-gate.ts'

/**
 * Decides when this validator may sign: once no believed peer is ahead, and until another machine is seen signing with its key. Its own
 * earlier votes, which peers may still send back after a restart, are behind the last-signed record; the double's are not.
 */
export interface SigningWatch {
  /** Looks again whether this node has caught up. To be called when peers, the tip or block sync moved. */
  judge(): void
  /** A verified signature for that place, by the validator of this index. */
  onSigned(validator: number, position: SignedPosition): void
  /** A validator of this key is proved to have voted twice. */
  onAccused(consensusKey: Uint8Array, position: SignedPosition): void
}

export function createSigningWatch(options: {
  chain: Chain
  ports: Ports
  breakdown: Breakdown
  gate: SigningGate
  signer: GuardedSigner | undefined
  sync: { readonly active: boolean; readonly behind: boolean }
}): SigningWatch {
  const { chain, breakdown, gate, signer, sync } = options
  const { network } = options.ports
  /** An index means something in the set of its height alone, which is at hand for the height being decided. */
  const isOwn = (validator: number, height: number): boolean =>
    signer !== undefined &&
    height === chain.tip().height + 1 &&
    validator === indexOfValidator(chain.tip().validators, signer.publicKey)

  function shut({ height, round }: SignedPosition): void {
    const where = `height ${height}, round ${round}`
    breakdown.fail(new OperationalError('VALIDATOR_KEY_ELSEWHERE', "another machine signs with this validator's key", { where }))
  }

  return {
    judge() {
      if (sync.active || sync.behind) return
      const alone = chain.tip().validators.validators.length === 1 && isOwn(0, chain.tip().height + 1)
      if (alone || network.peers().length > 0) gate.caughtUp(chain.tip().height)
    },
    onSigned(validator, position) {
      if (isOwn(validator, position.height) && !signer?.mayHaveSigned(position)) shut(position)
    },
    onAccused(consensusKey, position) {
      if (signer && bytesEqual(signer.publicKey, consensusKey)) shut(position)
    },
  }
}
