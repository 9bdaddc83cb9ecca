import { z } from 'zod'
import {
  banRequest,
  bansView,
  type ChangeView,
  changeView,
  crawlView,
  disconnectRequest,
  netView,
  targetRequest,
  traceView,
} from '../../client/operator-views.ts'
import { surveyView } from '../../client/views.ts'
import type { Hash } from '../../crypto/hash.ts'
import type { OperatorDesk } from '../../engine/synod-node.ts'
import { fromHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { ApiError } from '../api-error.ts'
import { crawlToView, netToView, traceToView } from '../operator-to-view.ts'
import type { Route } from '../route.ts'

const showNet: Route = {
  method: 'GET',
  path: '/v1/operator/net',
  summary: 'What has crossed the network, by class and by peer, and how much of what came in was useful.',
  operator: 'alone',
  answer: netView,
  handle: (node) => netToView(node.net()),
}

const showCrawl: Route = {
  method: 'GET',
  path: '/v1/operator/crawl',
  summary: 'The nodes that the last crawl of the network found, and whether one is under way.',
  operator: 'alone',
  answer: crawlView,
  handle: ({ directory }) => crawlToView(directory),
}

const crawl: Route = {
  method: 'POST',
  path: '/v1/operator/crawl',
  summary: 'Begins to ask every node that can be found whom it knows, unless that is being done.',
  operator: 'alone',
  body: z.strictObject({}),
  answer: crawlView,
  handle({ directory }) {
    // It takes longer than anybody waits for an answer; what fails in it is counted as a node that was not reached.
    directory?.crawl().catch(() => undefined)
    return crawlToView(directory)
  },
}

const survey: Route = {
  method: 'POST',
  path: '/v1/operator/survey',
  summary: 'Compares the node with its peers now: genesis, height, a recent block, and its own state with its latest header.',
  operator: 'alone',
  body: z.strictObject({}),
  answer: surveyView,
  handle: async (node) => ({ ...(await node.survey()) }),
}

const showBans: Route = {
  method: 'GET',
  path: '/v1/operator/bans',
  summary: 'Who is kept out, until when and why, and who is let in whatever it does.',
  operator: 'alone',
  answer: bansView,
  handle: ({ operator }) => ({ bans: operator.bans(), allowed: operator.allowed() }),
}

const traceMessage: Route = {
  method: 'GET',
  path: '/v1/operator/trace/{hash}',
  summary: 'What this node remembers of a transaction, a batch or a block, in the order in which it happened.',
  operator: 'alone',
  parameters: { hash: { description: 'Of the transaction, the batch or the block, hexadecimal.', schema: z.string() } },
  answer: traceView,
  handle(node, { parameters }) {
    const hash = fromHex(parameters['hash'] ?? '')
    if (hash?.length !== 32) throw new ApiError(400, 'API_MALFORMED', 'a hash has 64 hexadecimal digits')
    return traceToView(node.status().self, Date.now(), node.trace(hash as Hash))
  },
}

const ban = change('ban', 'Disconnects a peer or an address and keeps it out, for so long or until it is unbanned.', {
  body: banRequest,
  make(operator, { target, forMs }) {
    operator.ban(target, forMs)
    return true
  },
})

const unban = change('unban', 'Lifts the ban on exactly this target, whoever made it.', {
  body: targetRequest,
  make: (operator, { target }) => operator.unban(target),
})

const allow = change('allow', 'Lets a peer or an address in whatever it does, past bans and limits.', {
  body: targetRequest,
  make(operator, { target }) {
    operator.allow(target)
    return true
  },
})

const disallow = change('disallow', 'Treats the target like anybody again.', {
  body: targetRequest,
  make: (operator, { target }) => operator.disallow(target),
})

const disconnect = change('disconnect', 'Ends the connection with a peer, which may come back.', {
  body: disconnectRequest,
  make: (operator, { peer }) => operator.disconnect(peer, 'by the operator'),
})

export const operatorRoutes: readonly Route[] = [
  showNet,
  showCrawl,
  crawl,
  survey,
  showBans,
  traceMessage,
  ban,
  unban,
  allow,
  disallow,
  disconnect,
]

/** A route by which the operator changes something: `make` says whether anything is other than it was. */
function change<B extends z.ZodType>(
  verb: string,
  summary: string,
  { body, make }: { readonly body: B; make(operator: OperatorDesk, body: z.output<B>): boolean },
): Route {
  return {
    method: 'POST',
    path: `/v1/operator/${verb}`,
    summary,
    operator: 'alone',
    body,
    answer: changeView,
    handle({ operator }, request): ChangeView {
      const parsed = body.safeParse(request.body)
      if (!parsed.success) throw new ApiError(400, 'API_MALFORMED', z.prettifyError(parsed.error))
      try {
        return { changed: make(operator, parsed.data) }
      } catch (error) {
        const isMistyped = error instanceof OperationalError && error.code === 'ACCESS_TARGET_INVALID'
        throw isMistyped ? new ApiError(400, 'API_MALFORMED', 'the target is no peer id, IP address or CIDR block') : error
      }
    },
  }
}
