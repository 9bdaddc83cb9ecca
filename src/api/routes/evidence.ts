import { z } from 'zod'
import { evidenceSchema } from '../../chain/evidence.ts'
import { type EvidenceView, evidenceRequest, evidenceView } from '../../client/views.ts'
import { decode } from '../../codec/codec.ts'
import type { SynodNode } from '../../engine/synod-node.ts'
import { type Bytes, fromHex } from '../../primitives/bytes.ts'
import { ApiError } from '../api-error.ts'
import type { Route } from '../route.ts'

export const submitEvidence: Route = {
  method: 'POST',
  path: '/v1/evidence',
  summary:
    'Submits proof that validators broke the protocol: encoded `Evidence`, hexadecimal. What is good is passed on and comes into a block.',
  body: evidenceRequest,
  answer: evidenceView,
  async handle(node, { body }): Promise<EvidenceView> {
    const parsed = evidenceRequest.safeParse(body)
    if (!parsed.success) throw new ApiError(400, 'API_MALFORMED', z.prettifyError(parsed.error))
    const results: EvidenceView['results'] = []
    // One after another, and after a forged one none: their signatures are costly to check.
    for (const text of parsed.data.evidence) {
      const isForged = results.some((result) => 'code' in result && result.code === 'EVIDENCE_INVALID')
      results.push(isForged ? unread : await submit(node, fromHex(text) as Bytes))
    }
    return { results }
  },
}

const unread = { code: 'EVIDENCE_INVALID', detail: 'it stands behind another that proves nothing, and was not looked at' }

async function submit(node: SynodNode, encoded: Bytes): Promise<EvidenceView['results'][number]> {
  const decoded = decode(evidenceSchema, encoded)
  if (!decoded.ok) return { code: decoded.error.code, detail: decoded.error.detail }
  const added = await node.submitEvidence(decoded.value)
  if (!added) throw new ApiError(503, 'API_BUSY', 'the node checks as much evidence as it may: come again later')
  return added.ok ? { isNew: added.value } : { code: added.error.code, detail: added.error.detail }
}
