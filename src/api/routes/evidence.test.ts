import { expect, it } from 'vitest'
import { createTestChain } from '../../../test/engine/test-chain.ts'
import { type Evidence, evidenceSchema } from '../../chain/evidence.ts'
import { encode } from '../../codec/codec.ts'
import type { SynodNode } from '../../engine/synod-node.ts'
import { toHex } from '../../primitives/bytes.ts'
import { ok, type Result, reject } from '../../primitives/result.ts'
import { submitEvidence } from './evidence.ts'

const { simulated, doubleVote } = await createTestChain()
const piece = doubleVote(simulated.validators[0]!, 1)
const text = toHex(encode(evidenceSchema, piece))

async function ask(body: unknown, ...answers: readonly (Result<boolean> | undefined)[]) {
  const asked: Evidence[] = []
  const left = [...answers]
  const node = {
    async submitEvidence(evidence: Evidence) {
      asked.push(evidence)
      return left.shift()
    },
  } as unknown as SynodNode
  const answer = await Promise.resolve(submitEvidence.handle(node, { parameters: {}, search: {}, body, operator: false })).catch(
    ({ status, code }: { status: number; code: string }) => ({ status, code }),
  )
  return { answer, asked }
}

it('evidence is decoded, checked piece by piece, and answered in its order', async () => {
  const { answer, asked } = await ask(
    { evidence: [text, 'c0', text, text] },
    ok(true),
    ok(false),
    reject('EVIDENCE_KNOWN', 'it is'),
  )
  expect(answer).toEqual({
    results: [
      { isNew: true },
      { code: expect.stringMatching(/^CODEC_/), detail: expect.any(String) },
      { isNew: false },
      { code: 'EVIDENCE_KNOWN', detail: 'it is' },
    ],
  })
  expect(asked).toEqual([piece, piece, piece])
})

it('behind a forged piece none is looked at', async () => {
  const { answer, asked } = await ask({ evidence: [text, text] }, reject('EVIDENCE_INVALID', 'forged'))
  expect(answer).toMatchObject({ results: [{ code: 'EVIDENCE_INVALID' }, { code: 'EVIDENCE_INVALID' }] })
  expect(asked).toHaveLength(1)
})

it.each([
  ['nothing', {}],
  ['no hexadecimal', { evidence: ['zz'] }],
  ['none', { evidence: [] }],
  ['more than eight', { evidence: Array(9).fill(text) }],
])('%s is malformed', async (_, body) => {
  expect((await ask(body)).answer).toEqual({ status: 400, code: 'API_MALFORMED' })
})

it('a node that checks enough already asks to come again', async () => {
  expect((await ask({ evidence: [text] }, undefined)).answer).toEqual({ status: 503, code: 'API_BUSY' })
})
