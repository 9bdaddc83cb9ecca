import type { ChainSpec } from '../chain/chain-spec.ts'
import { protocolVersionAt } from '../chain/protocol-version.ts'
import { OperationalError } from '../primitives/operational-error.ts'

/** Throws UPGRADE_NEEDED where `upgradeNeeded` says so. */
export function requireVersion(spec: ChainSpec, height: number, known: number): void {
  const error = upgradeNeeded(spec, height, known)
  if (error) throw error
}

/**
 * What a program says, and stops with, when the next block is to be made by rules it does not know; `undefined` while it knows them. It
 * neither votes on such a block nor executes it.
 */
export function upgradeNeeded(spec: ChainSpec, height: number, known: number): OperationalError | undefined {
  const version = protocolVersionAt(spec, height)
  return version <= known ? undefined : needed(height, version, known)
}

/** The same where the chain has made such a block final, of which this node's chain spec says nothing. */
export function upgradeMissed(height: number, version: number, known: number): OperationalError {
  return needed(height, version, known)
}

function needed(height: number, version: number, known: number): OperationalError {
  const message = `From height ${height} on the chain has protocol version ${version}; this program knows versions up to ${known}.`
  return new OperationalError('UPGRADE_NEEDED', message)
}
