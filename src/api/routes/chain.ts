import { z } from 'zod'
import { canonicalChainSpec } from '../../chain/chain-spec.ts'
import { blockView, chainView, commitView, lightBlockView, validatorChangesView, validatorsView } from '../../client/views.ts'
import type { SynodNode } from '../../engine/synod-node.ts'
import { toHex } from '../../primitives/bytes.ts'
import { ApiError } from '../api-error.ts'
import type { Route } from '../route.ts'
import { blockToView, commitToView, lightBlockToView, validatorsToView } from '../to-view.ts'

const height = { description: 'A height, or `latest`.', schema: z.string() }

export const showBlock: Route = {
  method: 'GET',
  path: '/v1/blocks/{height}',
  summary: 'A final block.',
  parameters: { height },
  answer: blockView,
  async handle(node, { parameters }) {
    const block = await node.block(heightOf(node, parameters['height']))
    if (!block) throw new ApiError(404, 'API_NOT_FOUND', 'no final block of this height is here')
    return blockToView(block)
  },
}

export const showCommit: Route = {
  method: 'GET',
  path: '/v1/commits/{height}',
  summary: 'The certificate that made the block of this height final.',
  parameters: { height },
  answer: commitView,
  async handle(node, { parameters }) {
    const commit = await node.commit(heightOf(node, parameters['height']))
    if (!commit) throw new ApiError(404, 'API_NOT_FOUND', 'no commit of this height is here')
    return commitToView(commit)
  },
}

export const showLightBlock: Route = {
  method: 'GET',
  path: '/v1/light-blocks/{height}',
  summary: 'What a light client needs of a height: header, commit, and who decides this height and the next.',
  parameters: { height },
  answer: lightBlockView,
  async handle(node, { parameters }) {
    const light = await node.lightBlock(heightOf(node, parameters['height']))
    if (!light) throw new ApiError(404, 'API_NOT_FOUND', 'no light block of this height is here')
    return lightBlockToView(light)
  },
}

export const showValidatorChanges: Route = {
  method: 'GET',
  path: '/v1/validator-changes/{height}',
  summary: 'The first heights above this one after which other validators decide: by which a light client best goes.',
  parameters: { height },
  answer: validatorChangesView,
  async handle(node, { parameters }) {
    return { heights: [...(await node.validatorChanges(heightOf(node, parameters['height'])))] }
  },
}

export const showValidators: Route = {
  method: 'GET',
  path: '/v1/validators',
  summary: 'Who decides the next block, and with what power.',
  answer: validatorsView,
  handle: (node) => validatorsToView(node),
}

export const showChain: Route = {
  method: 'GET',
  path: '/v1/chain',
  summary: 'The chain’s identity and its canonical spec.',
  answer: chainView,
  handle: ({ chainId, spec }) => ({
    chainId: toHex(chainId),
    name: spec.chain.name,
    addressPrefix: spec.chain.address_prefix,
    spec: canonicalChainSpec(spec),
  }),
}

function heightOf(node: SynodNode, text = ''): number {
  if (text === 'latest') return node.status().height
  if (!/^[0-9]{1,15}$/.test(text)) throw new ApiError(400, 'API_MALFORMED', 'a height is a whole number, or `latest`')
  return Number(text)
}
