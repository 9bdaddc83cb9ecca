import type { StateReader } from '../application/state.ts'
import { type Evidence, evidenceId } from '../chain/evidence.ts'
import { checkEvidence, evidenceItems } from '../chain/evidence-verification.ts'
import { blockEvidenceMax } from '../chain/limits.ts'
import type { ChainId } from '../chain/identifiers.ts'
import { toHex } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import type { Verifier } from '../ports/verifier.ts'
import { evidenceKey } from './system-state.ts'

/** Proven misbehaviour on its way into a block: checked, held until some block carries it, never carried twice. */
export interface EvidencePool {
  /** True when the evidence is good and was not here before: it deserves to be passed on. */
  add(evidence: Evidence): Promise<Result<boolean>>
  pending(): readonly Evidence[]
  /** All evidence of a block, as a rule of the block: recent, genuine, new, none twice. */
  check(evidence: readonly Evidence[], state: StateReader): Promise<Result<void>>
  committed(evidence: readonly Evidence[], height: number): void
}

const pendingMax = 1024

export function createEvidencePool(options: {
  chainId: ChainId
  verifier: Verifier
  ageBlocksMax: number
  height: () => number
  state: () => StateReader
}): EvidencePool {
  const { chainId, verifier, ageBlocksMax } = options
  const pool = new Map<string, Evidence>()

  async function checkOne(evidence: Evidence, state: StateReader): Promise<Result<void>> {
    const shape = checkEvidence(evidence)
    if (!shape.ok) return shape
    const next = options.height() + 1
    if (evidence.first.height > next || evidence.first.height < next - ageBlocksMax) {
      return reject('EVIDENCE_AGE', `of height ${evidence.first.height}, at height ${next}`)
    }
    if (state.get(evidenceKey(evidence))) return reject('EVIDENCE_KNOWN', `of height ${evidence.first.height}`)
    const verdicts = await verifier.bls(evidenceItems(chainId, evidence))
    return verdicts.every(Boolean) ? ok(undefined) : reject('EVIDENCE_INVALID', `of height ${evidence.first.height}`)
  }

  return {
    async add(evidence) {
      const key = toHex(evidenceId(evidence))
      if (pool.has(key)) return ok(false)
      const checked = await checkOne(evidence, options.state())
      if (!checked.ok) return checked
      if (pool.size >= pendingMax) return ok(false)
      pool.set(key, evidence)
      return ok(true)
    },

    pending: () => [...pool.values()].slice(0, blockEvidenceMax),

    async check(evidence, state) {
      const seen = new Set<string>()
      for (const piece of evidence) {
        const key = toHex(evidenceId(piece))
        if (seen.has(key)) return reject('EVIDENCE_KNOWN', 'twice in one block')
        seen.add(key)
        if (pool.has(key) && !state.get(evidenceKey(piece))) continue
        const checked = await checkOne(piece, state)
        if (!checked.ok) return checked
      }
      return ok(undefined)
    },

    committed(evidence, height) {
      for (const piece of evidence) pool.delete(toHex(evidenceId(piece)))
      for (const [key, piece] of pool) if (piece.first.height < height - ageBlocksMax) pool.delete(key)
    },
  }
}
