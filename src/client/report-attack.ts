import { evidenceSchema } from '../chain/evidence.ts'
import { encode } from '../codec/codec.ts'
import type { LightAttack } from '../light/attack.ts'
import type { Client } from './client.ts'

/** What became of the evidence at one node. */
export interface AttackReport {
  readonly url: string
  /** Pieces that the node took, or had. */
  readonly taken: number
  /** Why it did not take others, or did not answer: codes. */
  readonly refusals: readonly string[]
}

/** More than a request may carry is sent in several. */
const piecesAtOnce = 8

/** Tells nodes of who is proved to have lied to a light client, so that the chain punishes them. Never throws. */
export async function reportAttack(
  clients: readonly Pick<Client, 'url' | 'submitEvidence'>[],
  { evidence }: Pick<LightAttack, 'evidence'>,
): Promise<readonly AttackReport[]> {
  const pieces = evidence.map((piece) => encode(evidenceSchema, piece))
  return Promise.all(
    clients.map(async (client) => {
      let taken = 0
      const refusals = new Set<string>()
      for (let from = 0; from < pieces.length; from += piecesAtOnce) {
        const results = await client
          .submitEvidence(pieces.slice(from, from + piecesAtOnce))
          .catch((error: unknown) => [{ code: codeOf(error), detail: '' }])
        for (const result of results) {
          if ('isNew' in result || result.code === 'EVIDENCE_KNOWN') taken++
          else refusals.add(result.code)
        }
      }
      return { url: client.url, taken, refusals: [...refusals] }
    }),
  )
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'API_FAILED'
}
