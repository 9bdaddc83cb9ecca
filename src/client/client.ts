import type { z } from 'zod'
import { batchSchema } from '../chain/batch.ts'
import { encode } from '../codec/codec.ts'
import { type Bytes, toHex } from '../primitives/bytes.ts'
import { ClientError } from './client-error.ts'
import { followEvents } from './follow-events.ts'
import { createOperatorClient, type OperatorClient } from './operator-client.ts'
import {
  type AccountView,
  accountView,
  type BlockView,
  blockView,
  type ChainView,
  type CommitView,
  chainView,
  commitView,
  type EventView,
  type EvidenceView,
  errorView,
  evidenceView,
  type LightBlockView,
  lightBlockView,
  type MempoolView,
  mempoolView,
  type PeersView,
  peersView,
  type QueryView,
  queryView,
  type StateView,
  type StatusView,
  type SubmissionView,
  stateView,
  statusView,
  submissionView,
  type TransactionView,
  transactionView,
  type ValidatorChangesView,
  type ValidatorsView,
  validatorChangesView,
  validatorsView,
} from './views.ts'

/**
 * One node's HTTP API, typed; runs in Node and in browsers. Answers are parsed, not believed: `verify*` beside it checks what can be
 * proved. Every method throws `ClientError`.
 */
export interface Client {
  readonly url: string
  submit(transactions: readonly Bytes[]): Promise<SubmissionView['results']>
  /** Encoded `Evidence`, each piece by itself. */
  submitEvidence(evidence: readonly Bytes[]): Promise<EvidenceView['results']>
  /** By its id, as bytes or as `submit` answered it. `undefined` while no final block holds it. */
  transaction(id: Bytes | string): Promise<TransactionView | undefined>
  account(address: string): Promise<AccountView>
  /** A value of the state, or its absence, with the proof. */
  state(key: Bytes): Promise<StateView>
  /** Asks the application itself. */
  query(path: string, data?: Bytes): Promise<QueryView>
  block(height: number | 'latest'): Promise<BlockView | undefined>
  commit(height: number | 'latest'): Promise<CommitView | undefined>
  lightBlock(height: number | 'latest'): Promise<LightBlockView | undefined>
  /** The first heights above one after which other validators decide. */
  validatorChanges(height: number): Promise<ValidatorChangesView | undefined>
  validators(): Promise<ValidatorsView>
  chain(): Promise<ChainView>
  status(): Promise<StatusView>
  peers(): Promise<PeersView>
  mempool(): Promise<MempoolView>
  /** What takes the operator token. */
  readonly operator: OperatorClient
  /** Live events until `signal` aborts; with the operator token also those that are for the operator alone. */
  events(signal: AbortSignal): AsyncGenerator<EventView>
}

const timeoutMs = 10_000

export interface ClientOptions {
  /** The node's operator token, shown where it is needed or tells more. Over plain HTTP whoever carries the request can read it. */
  readonly operatorToken?: string | undefined
}

export function createClient(url: string, { operatorToken }: ClientOptions = {}): Client {
  // A redirect could lead it elsewhere.
  const asOperator: RequestInit =
    operatorToken === undefined ? {} : { headers: { authorization: `Bearer ${operatorToken}` }, redirect: 'error' }

  async function call<T>(path: string, view: z.ZodType<T>, init: RequestInit = {}): Promise<T> {
    const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(timeoutMs), ...init }).catch(
      (cause: unknown) => {
        throw new ClientError('API_UNREACHABLE', `${url} does not answer`, 0, cause)
      },
    )
    const body: unknown = await response.json().catch(() => undefined)
    if (!response.ok) {
      const refused = errorView.safeParse(body)
      const { code, message } = refused.success ? refused.data.error : { code: 'API_FAILED', message: `HTTP ${response.status}` }
      throw new ClientError(code, message, response.status)
    }
    const parsed = view.safeParse(body)
    if (!parsed.success)
      throw new ClientError('API_FAILED', `${url}${path} answered in another shape than this client knows`, 200)
    return parsed.data
  }

  /** A 404 says that the thing is not there (yet). */
  async function find<T>(path: string, view: z.ZodType<T>): Promise<T | undefined> {
    return call(path, view).catch((error: unknown) => {
      if (error instanceof ClientError && error.status === 404) return undefined
      throw error
    })
  }

  return {
    url,
    async submit(transactions) {
      const body = encode(batchSchema, { transactions })
      const headers = { 'content-type': 'application/octet-stream' }
      return (await call('/v1/transactions', submissionView, { method: 'POST', headers, body })).results
    },
    submitEvidence: async (evidence) =>
      (await call('/v1/evidence', evidenceView, jsonRequest({}, { evidence: evidence.map(toHex) }))).results,
    transaction: (id) => find(`/v1/transactions/${typeof id === 'string' ? encodeURIComponent(id) : toHex(id)}`, transactionView),
    account: (address) => call(`/v1/accounts/${encodeURIComponent(address)}`, accountView),
    state: (key) => call(`/v1/state/${toHex(key)}`, stateView),
    query: (path, data) => call(`/v1/query/${encodeURIComponent(path)}${data ? `?data=${toHex(data)}` : ''}`, queryView),
    block: (height) => find(`/v1/blocks/${height}`, blockView),
    commit: (height) => find(`/v1/commits/${height}`, commitView),
    lightBlock: (height) => find(`/v1/light-blocks/${height}`, lightBlockView),
    validatorChanges: (height) => find(`/v1/validator-changes/${height}`, validatorChangesView),
    validators: () => call('/v1/validators', validatorsView),
    chain: () => call('/v1/chain', chainView),
    status: () => call('/v1/status', statusView),
    peers: () => call('/v1/peers', peersView, asOperator),
    mempool: () => call('/v1/mempool', mempoolView),
    operator: createOperatorClient((path, view, body) => call(path, view, body ? jsonRequest(asOperator, body) : asOperator)),
    events: (signal) => followEvents(url, signal, asOperator),
  }
}

function jsonRequest(init: RequestInit, body: object): RequestInit {
  return { ...init, method: 'POST', headers: { ...init.headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
