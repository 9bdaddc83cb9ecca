import { expect, it } from 'vitest'
import { createTestChain } from '../../test/engine/test-chain.ts'
import { evidenceSchema } from '../chain/evidence.ts'
import { encode } from '../codec/codec.ts'
import { sha256 } from '../crypto/hash.ts'
import { accuse } from '../light/accuse.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Client } from './client.ts'
import { ClientError } from './client-error.ts'
import { reportAttack } from './report-attack.ts'

it('every node is told, in requests that are not too long, whatever others answer', async () => {
  const { chain, commitOf } = await createTestChain()
  const { validators } = chain.tip()
  const commits = [commitOf(sha256(Uint8Array.of(1)), 1), commitOf(sha256(Uint8Array.of(2)), 1)] as const
  const four = accuse({ validators, commits }, []).evidence
  const evidence = [...four, ...four, ...four]
  const told: Bytes[][] = []
  const node = (url: string, submit: Client['submitEvidence']) => ({ url, submitEvidence: submit })
  const reports = await reportAttack(
    [
      node('good', async (pieces) => {
        told.push([...pieces])
        return pieces.map((_, index) => (index === 0 ? { isNew: true } : { code: 'EVIDENCE_KNOWN', detail: '' }))
      }),
      node('ahead', async (pieces) => pieces.map(() => ({ code: 'EVIDENCE_AGE', detail: '' }))),
      node('gone', () => Promise.reject(new ClientError('API_UNREACHABLE', 'gone', 0))),
    ],
    { evidence },
  )
  expect(reports).toEqual([
    { url: 'good', taken: 12, refusals: [] },
    { url: 'ahead', taken: 0, refusals: ['EVIDENCE_AGE'] },
    { url: 'gone', taken: 0, refusals: ['API_UNREACHABLE'] },
  ])
  expect(told.map(({ length }) => length)).toEqual([8, 4])
  expect(told.flat()).toEqual(evidence.map((piece) => encode(evidenceSchema, piece)))
})
