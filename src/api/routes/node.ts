import { mempoolView, peersView, statusView } from '../../client/views.ts'
import type { Route } from '../route.ts'
import { peersToView, statusToView } from '../to-view.ts'

export const showStatus: Route = {
  method: 'GET',
  path: '/v1/status',
  summary: 'Where the node stands.',
  answer: statusView,
  handle: (node) => statusToView(node),
}

export const showPeers: Route = {
  method: 'GET',
  path: '/v1/peers',
  summary:
    'Who the node is connected to, how, and how far they are. Only the operator is told of their standing and their traffic.',
  operator: 'told-more',
  answer: peersView,
  handle: (node, { operator }) => peersToView(node, operator),
}

export const showMempool: Route = {
  method: 'GET',
  path: '/v1/mempool',
  summary: 'How much is waiting for a block.',
  answer: mempoolView,
  handle: (node) => node.mempool(),
}
