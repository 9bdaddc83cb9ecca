import type { StateReader } from '../application/state.ts'
import { type Evidence, evidenceHash, evidenceSchema, offenceId } from '../chain/evidence.ts'
import { checkEvidence, evidenceItems, evidenceKeys } from '../chain/evidence-verification.ts'
import type { ChainId } from '../chain/identifiers.ts'
import { blockEvidenceBytesMax, blockEvidenceMax } from '../chain/limits.ts'
import { encode } from '../codec/codec.ts'
import type { Verifier } from '../ports/verifier.ts'
import { bytesEqual, bytesKey } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { areAccountable, evidenceKey } from './system-state.ts'

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

  /** All but the signatures: what may change from one block to the next. */
  function checkPlace(evidence: Evidence, state: StateReader): Result<void> {
    const { height } = evidence.first
    const next = options.height() + 1
    const detail = `of height ${height}, at height ${next}`
    if (height > next || height < next - ageBlocksMax) return reject('EVIDENCE_AGE', detail)
    if (state.get(evidenceKey(evidence))) return reject('EVIDENCE_KNOWN', detail)
    return areAccountable(state, evidenceKeys(evidence), height) ? ok(undefined) : reject('EVIDENCE_STRANGER', detail)
  }

  async function checkSignatures(evidence: Evidence): Promise<Result<void>> {
    const shape = checkEvidence(evidence)
    if (!shape.ok) return shape
    const verdicts = await verifier.bls(evidenceItems(chainId, evidence))
    return verdicts.every(Boolean) ? ok(undefined) : reject('EVIDENCE_INVALID', `of height ${evidence.first.height}`)
  }

  return {
    async add(evidence) {
      const key = bytesKey(offenceId(evidence))
      if (pool.has(key)) return ok(false)
      const before = checkPlace(evidence, options.state())
      if (!before.ok) return before
      const signed = await checkSignatures(evidence)
      if (!signed.ok) return signed
      // A block may have come meanwhile. What it punished would make every later block with it invalid.
      const after = checkPlace(evidence, options.state())
      if (!after.ok) return after
      if (pool.has(key) || pool.size >= pendingMax) return ok(false)
      pool.set(key, evidence)
      return ok(true)
    },

    pending: () => fitting([...pool.values()]),

    async check(evidence, state) {
      if (fitting(evidence).length < evidence.length) return reject('EVIDENCE_TOO_LARGE', `${evidence.length} pieces`)
      const seen = new Set<string>()
      for (const piece of evidence) {
        const key = bytesKey(offenceId(piece))
        if (seen.has(key)) return reject('EVIDENCE_KNOWN', 'twice in one block')
        seen.add(key)
        const place = checkPlace(piece, state)
        if (!place.ok) return place
        const held = pool.get(key)
        if (held && bytesEqual(evidenceHash([held]), evidenceHash([piece]))) continue
        const signed = await checkSignatures(piece)
        if (!signed.ok) return signed
      }
      return ok(undefined)
    },

    committed(evidence, height) {
      for (const piece of evidence) pool.delete(bytesKey(offenceId(piece)))
      for (const [key, piece] of pool) if (piece.first.height < height + 1 - ageBlocksMax) pool.delete(key)
    },
  }
}

/** As many, from the first, as a block may carry. */
function fitting(evidence: readonly Evidence[]): readonly Evidence[] {
  let bytes = 0
  const beyond = evidence.findIndex((piece) => {
    bytes += encode(evidenceSchema, piece).length
    return bytes > blockEvidenceBytesMax
  })
  return evidence.slice(0, Math.min(beyond < 0 ? evidence.length : beyond, blockEvidenceMax))
}
