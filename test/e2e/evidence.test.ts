import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Evidence, evidenceSchema, orderedEvidence } from '../../src/chain/evidence.ts'
import { prevote, voteSignBytes } from '../../src/chain/vote.ts'
import { encode } from '../../src/codec/codec.ts'
import { type BlsKeypair, blsSign } from '../../src/crypto/bls.ts'
import { toHex } from '../../src/primitives/bytes.ts'
import { heightOf, type LocalNetwork, type LocalNode, reaches, startLocalNetwork } from './support/local-network.ts'
import { until } from './support/until.ts'
import { stolenKey } from './support/validator-keys.ts'

let network: LocalNetwork

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 100 })
})
afterAll(() => network?.stop())

/** Two votes at a place where its owner voted once at most. */
function doubleVote(keypair: BlsKeypair, height: number): Evidence {
  const vote = (fill: number) => {
    const value = { kind: prevote, height, round: 7, blockHash: new Uint8Array(32).fill(fill) } as const
    return { vote: value, validator: 0, signature: blsSign(keypair, voteSignBytes(network.chain.chainId, value)) }
  }
  return orderedEvidence(keypair.publicKey, vote(1), vote(2))
}

test('a double signed: whoever has proof hands it to any node, a block carries it, and the key never votes again', async () => {
  const [asked, second, third, accused] = network.nodes as [LocalNode, LocalNode, LocalNode, LocalNode]
  const key = await stolenKey(accused.home)
  const height = await heightOf(asked)
  const good = doubleVote(key, height)
  const submit = (evidence: Evidence) => asked.client.submitEvidence([encode(evidenceSchema, evidence)])
  expect(await submit({ ...good, firstSignature: good.secondSignature })).toMatchObject([{ code: 'EVIDENCE_INVALID' }])
  expect(await submit(doubleVote(key, height + 10_000))).toMatchObject([{ code: 'EVIDENCE_AGE' }])
  expect((await asked.client.validators()).validators).toHaveLength(4)

  expect(await submit(good)).toEqual([{ isNew: true }])
  const others = [asked, second, third]
  await until('it is punished everywhere', async () => {
    const sets = await Promise.all(others.map(({ client }) => client.validators()))
    return sets.every(({ validators }) => validators.every(({ consensusKey }) => consensusKey !== toHex(key.publicKey)))
  })
  expect(await submit(good)).toMatchObject([{ code: 'EVIDENCE_KNOWN' }])
  const carried = await until('a block shows it', async () => {
    for (let at = height; at <= (await heightOf(asked)); at++) {
      const block = await third.client.block(at)
      if (block && block.evidence.length > 0) return block
    }
    return undefined
  })
  expect(carried.evidence).toEqual([toHex(encode(evidenceSchema, good))])
  await Promise.all(others.map(async (node) => reaches(node, (await heightOf(asked)) + 5)))

  // Its owner did not sign so: somebody else has the key, and it says so instead of signing beside him.
  await until('the owner is told', async () => (await accused.log()).includes('VALIDATOR_KEY_ELSEWHERE'))
})
