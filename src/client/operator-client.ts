import type { z } from 'zod'
import { toHex } from '../primitives/bytes.ts'
import {
  type BansView,
  bansView,
  type CrawlView,
  changeView,
  crawlView,
  type NetView,
  netView,
  type TraceView,
  traceView,
} from './operator-views.ts'
import { type SurveyView, surveyView } from './views.ts'

/** What a node does and tells for its operator only. Methods that change something resolve to whether it was otherwise before. */
export interface OperatorClient {
  net(): Promise<NetView>
  bans(): Promise<BansView>
  /** The last crawl of the network, and whether one is under way. */
  crawled(): Promise<CrawlView>
  /** Begins a crawl, unless one is under way. */
  crawl(): Promise<CrawlView>
  /** Has the node compare itself with its peers now. */
  survey(): Promise<SurveyView>
  /** What the node remembers of a transaction, a batch or a block. */
  trace(hash: Uint8Array | string): Promise<TraceView>
  /** @param forMs absent: until it is unbanned. */
  ban(target: string, forMs?: number): Promise<boolean>
  unban(target: string): Promise<boolean>
  allow(target: string): Promise<boolean>
  disallow(target: string): Promise<boolean>
  disconnect(peer: string): Promise<boolean>
}

type Call = <T>(path: string, view: z.ZodType<T>, body?: object) => Promise<T>

export function createOperatorClient(call: Call): OperatorClient {
  const change = async (verb: string, body: object) => (await call(`/v1/operator/${verb}`, changeView, body)).changed
  return {
    net: () => call('/v1/operator/net', netView),
    crawled: () => call('/v1/operator/crawl', crawlView),
    crawl: () => call('/v1/operator/crawl', crawlView, {}),
    survey: () => call('/v1/operator/survey', surveyView, {}),
    bans: () => call('/v1/operator/bans', bansView),
    trace: (hash) => call(`/v1/operator/trace/${typeof hash === 'string' ? encodeURIComponent(hash) : toHex(hash)}`, traceView),
    ban: (target, forMs) => change('ban', { target, ...(forMs !== undefined && { forMs }) }),
    unban: (target) => change('unban', { target }),
    allow: (target) => change('allow', { target }),
    disallow: (target) => change('disallow', { target }),
    disconnect: (peer) => change('disconnect', { peer }),
  }
}
