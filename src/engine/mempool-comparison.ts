import { decode, encode } from '../codec/codec.ts'
import type { Infer, Schema } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import { decodeCells } from '../mempool/reconciliation/coded-symbols.ts'
import { createPeeling, type Difference } from '../mempool/reconciliation/peeling.ts'
import {
  batchHashesSchema,
  codedSymbolsSchema,
  mempoolRequestSchema,
  namesPerMessageMax,
  symbolsMax,
} from '../mempool/reconciliation/reconciliation-message.ts'
import { makeShortIds, type ShortIds, shortIdKey, shortIdKeyOf, shortIdsOf } from '../mempool/reconciliation/short-id.ts'
import { symbolsWanted } from '../mempool/reconciliation/symbols-wanted.ts'
import type { PeerId } from '../ports/network.ts'
import { type Bytes, concatBytes } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import type { Ports } from './ports.ts'

/** Asks one peer, request by request, what it holds. All throw what the network throws; what is wrong with an answer is a rejection. */
export interface MempoolComparison {
  /** The difference to one's own set by symbols; undefined when a list is cheaper, or when it takes too long. */
  compare(peer: PeerId, salt: Bytes, own: readonly Hash[]): Promise<Result<Difference | undefined>>
  /** The hashes behind short ids. The peer may have let some go meanwhile. */
  names(peer: PeerId, salt: Bytes, ids: readonly Bytes[]): Promise<Result<readonly Hash[]>>
  /** All that the peer has, in parts. */
  list(peer: PeerId): AsyncIterable<Result<readonly Hash[]>>
}

type Request = Infer<typeof mempoolRequestSchema>

/** Every answer comes within this, and the whole comparison within the next. */
const answerTimeoutMs = 5000
const comparisonTimeoutMs = 20_000

export function createMempoolComparison({ clock, network, telemetry }: Ports, isStopped: () => boolean): MempoolComparison {
  /** The parts of an answer, decoded. Throws what the network throws. */
  async function* ask<T>(peer: PeerId, message: Request, schema: Schema<T>): AsyncGenerator<Result<T>> {
    const request = encode(mempoolRequestSchema, message)
    telemetry.count('synod_reconciliation_bytes_total', request.length, { direction: 'out' })
    for await (const part of network.request(peer, 'mempool', request, { timeoutMs: answerTimeoutMs })) {
      telemetry.count('synod_reconciliation_bytes_total', part.length, { direction: 'in' })
      yield decode(schema, part)
    }
  }

  async function askOnce<T>(peer: PeerId, message: Request, schema: Schema<T>): Promise<Result<T>> {
    for await (const answer of ask(peer, message, schema)) return answer
    return reject('RECONCILIATION_INVALID', 'no answer')
  }

  async function compare(peer: PeerId, salt: Bytes, own: readonly Hash[]): Promise<Result<Difference | undefined>> {
    const peeling = createPeeling(await idsInTurns(clock, salt, own), symbolsMax)
    const until = clock.monotonic() + comparisonTimeoutMs
    let held = own.length
    while (clock.monotonic() < until && !isStopped()) {
      const first = peeling.received
      const count = symbolsWanted({ received: first, own: own.length, held })
      if (count === 0) break
      const answer = await askOnce(peer, { type: 'symbols', salt, first, count }, codedSymbolsSchema)
      if (!answer.ok) return answer
      held = answer.value.held
      const cells = decodeCells(answer.value.symbols)
      if (cells?.low.length !== count) return reject('RECONCILIATION_INVALID', 'another number of symbols than asked for')
      const peeled = peeling.add(cells)
      if (!peeled.ok || peeled.value) return peeled
    }
    return ok(undefined)
  }

  async function names(peer: PeerId, salt: Bytes, ids: readonly Bytes[]): Promise<Result<readonly Hash[]>> {
    const wanted = new Set(ids.map(shortIdKeyOf))
    const hashes: Hash[] = []
    const step = namesPerMessageMax
    for (let start = 0; start < ids.length; start += step) {
      const some = concatBytes(...ids.slice(start, start + step))
      const answer = await askOnce(peer, { type: 'names', salt, ids: some }, batchHashesSchema)
      if (!answer.ok) return answer
      const { low, high } = shortIdsOf(salt, answer.value.hashes)
      const unasked = low.findIndex((word, index) => !wanted.delete(shortIdKey(word, high[index] as number)))
      if (unasked >= 0) return reject('RECONCILIATION_INVALID', 'a hash that was not asked for')
      hashes.push(...answer.value.hashes.map((hash) => hash.slice()))
    }
    return ok(hashes)
  }

  async function* list(peer: PeerId): AsyncGenerator<Result<readonly Hash[]>> {
    for await (const answer of ask(peer, { type: 'open' }, batchHashesSchema)) {
      yield answer.ok ? ok(answer.value.hashes.map((hash) => hash.slice())) : answer
    }
  }

  return { compare, names, list }
}

/** Thousands of hashes, between which others have their turn. */
async function idsInTurns(clock: Ports['clock'], salt: Bytes, hashes: readonly Hash[]): Promise<ShortIds> {
  const making = makeShortIds(salt, hashes)
  for (let step = making.next(); ; step = making.next()) {
    if (step.done) return step.value
    await new Promise<void>((resume) => clock.schedule(0, resume))
  }
}
