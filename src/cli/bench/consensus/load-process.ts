import { Agent, request } from 'node:http'
import { batchSchema } from '../../../chain/batch.ts'
import { transactionId } from '../../../chain/block.ts'
import { followEvents } from '../../../client/follow-events.ts'
import { encode } from '../../../codec/codec.ts'
import { type Bytes, toHex } from '../../../primitives/bytes.ts'
import { obeyOrders } from '../../frame/obey-orders.ts'
import { percentile } from '../../percentile.ts'
import { type BenchWorkload, createBenchChain } from './bench-chain.ts'
import { transactionMaker } from './make-transaction.ts'

/** The load: another process, which speaks to every validator by HTTP alone and times finality by its own clock. */
export interface LoadTask {
  readonly workload: BenchWorkload
  readonly genesisTime: number
  readonly urls: readonly string[]
  readonly seconds: number
  /** Transactions offered a second, evenly; Infinity: as soon as earlier ones are final. */
  readonly ratePerSecond: number
  /** Most transactions on their way at one time: beyond it the load waits for the chain. */
  readonly outstanding: number
  readonly perRequest: number
  /** Most transactions that will be sent. They are made before the clock starts. */
  readonly transactionsMax: number
}

export interface LoadReport {
  readonly committed: number
  readonly seconds: number
  readonly errors: number
  readonly firstError: string
  readonly blocks: number
  readonly finalityMsP50: number | null
  readonly finalityMsP99: number | null
}

const paceMs = 10

interface Prepared {
  readonly body: Bytes
  readonly ids: readonly string[]
}

/** Everything is signed ahead, so that signing takes nothing from the validators while they are measured. */
function prepare(task: LoadTask): Prepared[] {
  const make = transactionMaker(createBenchChain(task.workload, task.genesisTime), task.workload)
  return Array.from({ length: Math.ceil(task.transactionsMax / task.perRequest) }, () => {
    const transactions = Array.from({ length: task.perRequest }, make)
    return {
      body: encode(batchSchema, { transactions }),
      ids: transactions.map((transaction) => toHex(transactionId(transaction))),
    }
  })
}

async function run(task: LoadTask): Promise<LoadReport> {
  const prepared = prepare(task)
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const abort = new AbortController()
  const sentAt = new Map<string, number>()
  const latencies: number[] = []
  let committed = 0
  let blocks = 0
  let errors = 0
  let firstError = ''
  let next = 0
  let startedAt = performance.now()
  let measuring = false
  let over = false

  function fail(message: string): void {
    errors++
    firstError ||= message
  }

  function fill(): void {
    const due = ((performance.now() - startedAt) / 1000) * task.ratePerSecond
    while (!over && sentAt.size < task.outstanding && next * task.perRequest < due && next < prepared.length) {
      const { body, ids } = prepared[next] as Prepared
      const url = task.urls[next % task.urls.length] as string
      next++
      const now = performance.now()
      for (const id of ids) sentAt.set(id, now)
      post(agent, url, body).then(
        (refused) => {
          for (const [index, code] of refused) {
            sentAt.delete(ids[index] as string)
            fail(code)
          }
        },
        (error: unknown) => fail(String(error)),
      )
    }
  }

  async function watch(): Promise<void> {
    for await (const event of followEvents(task.urls[0] as string, abort.signal)) {
      if (event.type !== 'block') continue
      const now = performance.now()
      if (measuring) blocks++
      for (const id of event.transactions) {
        const at = sentAt.get(id)
        if (at === undefined) continue
        sentAt.delete(id)
        if (!measuring) continue
        committed++
        latencies.push(now - at)
      }
      fill()
    }
  }

  const watching = watch().catch((error: unknown) => {
    if (!abort.signal.aborted) fail(String(error))
  })
  await new Promise((resume) => setTimeout(resume, 200))
  startedAt = performance.now()
  const pace = setInterval(fill, paceMs)
  const warmUpMs = Math.min(3000, task.seconds * 200)
  await new Promise((resume) => setTimeout(resume, warmUpMs))
  measuring = true
  const measuredFrom = performance.now()
  await new Promise((resume) => setTimeout(resume, task.seconds * 1000))
  measuring = false
  const seconds = (performance.now() - measuredFrom) / 1000
  clearInterval(pace)
  if (next >= prepared.length) fail('the load ran out of prepared transactions')
  over = true
  abort.abort()
  agent.destroy()
  await watching
  return {
    committed,
    seconds,
    errors,
    firstError,
    blocks,
    finalityMsP50: percentile(latencies, 0.5),
    finalityMsP99: percentile(latencies, 0.99),
  }
}

/** Posts one batch; answers which of its transactions were refused, and why. */
function post(agent: Agent, url: string, body: Bytes): Promise<readonly (readonly [index: number, code: string])[]> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL('/v1/transactions', url),
      { method: 'POST', agent, headers: { 'content-type': 'application/octet-stream', 'content-length': body.length } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode !== 200) return reject(new Error(`HTTP ${response.statusCode}`))
          const { results } = JSON.parse(Buffer.concat(chunks).toString()) as { results: readonly { readonly code?: string }[] }
          resolve(results.flatMap(({ code }, index) => (code === undefined ? [] : [[index, code] as const])))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

obeyOrders(run)
