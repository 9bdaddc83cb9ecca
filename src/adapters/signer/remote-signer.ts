import type { ChainId } from '../../chain/identifiers.ts'
import type { SignerAnswer, SignerRequest } from '../../engine/signer-message.ts'
import type { Signer } from '../../ports/signer.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { connectSigner, type SignerAddress, type SignerConnection } from './signer-connection.ts'
import type { SignerIdentity } from './signer-tls.ts'

type SignerWays = Parameters<NonNullable<Signer['open']>>[0]

export interface RemoteSignerOptions {
  /** The preferred first: the next is gone to when one does not answer. */
  readonly addresses: readonly SignerAddress[]
  readonly identity: SignerIdentity
  readonly chainId: ChainId
  /** How long an answer may take. */
  readonly timeoutMs: number
  readonly telemetry: Pick<Telemetry, 'log' | 'count'>
}

/** How often a signer is asked whether it is still there. */
const heartbeatMs = 2_000
/** From one round of vain attempts to the next. */
const pauseMs = { least: 200, most: 5_000 }
/** How long the first connection is waited for. */
const firstMs = 5_000

/**
 * The validator's keys in other processes, of which one at a time is asked. Whoever it goes to hears first what this node knows to be
 * signed: the two records never part, as long as one node alone goes to several signers.
 */
export function createRemoteSigner(options: RemoteSignerOptions): Signer & { stop(): Promise<void> } {
  const { telemetry } = options
  const first = Promise.withResolvers<void>()
  const stopping = new AbortController()
  let ways: SignerWays | undefined
  let running: Promise<void> | undefined
  const hold = createHolding({
    ...options,
    stopping: stopping.signal,
    lastSigned: () => ways?.lastSigned(),
    onReady(ready) {
      ways?.onReady(ready)
      if (ready) first.resolve()
    },
  })

  return {
    open(given) {
      ways = given
      given.onReady(false)
      running ??= tryInTurn(options.addresses, hold.hold, stopping.signal)
    },
    async keys() {
      await Promise.race([first.promise, pause(firstMs, stopping.signal).then(first.resolve)])
      return hold.keys()
    },
    async sign({ key, subject }) {
      const answer = await hold.ask({ type: 'sign', key, subject })
      if (answer?.type === 'signature') return answer.signature
      if (answer?.type === 'refusal') {
        telemetry.log('warn', 'the signer refuses to sign', { code: answer.code })
        telemetry.count('synod_signer_refusals_total')
      }
      return undefined
    },
    async stop() {
      stopping.abort()
      hold.end(new Error('the node stops'))
      await running
    },
  }
}

/** The one connection there is at a time, kept alive, with what is said over it. */
function createHolding(options: RemoteSignerOptions & SignerWays & { readonly stopping: AbortSignal }): {
  /** Resolves when the connection ends; rejects where there never was one. */
  hold(address: SignerAddress): Promise<void>
  /** `undefined` where there is no signer, or there is none any more. */
  ask(request: SignerRequest): Promise<SignerAnswer | undefined>
  keys(): Promise<readonly Bytes[]>
  end(reason: Error): void
} {
  const told = createOutageLog(options.telemetry)
  let held: SignerConnection | undefined

  async function greet(connection: SignerConnection): Promise<readonly Bytes[]> {
    const { chainId, addresses, lastSigned } = options
    const hello = { type: 'hello', version: 1, chainId, signers: addresses.length, lastSigned: lastSigned() } as const
    return keysIn(await connection.ask(hello))
  }

  function beat(connection: SignerConnection): void {
    const timer = setTimeout(() => {
      const again = () => beat(connection)
      if (held === connection) greet(connection).then(again, (error: Error) => connection.end(error))
    }, heartbeatMs)
    timer.unref()
  }

  return {
    async hold(address) {
      const ended = Promise.withResolvers<Error>()
      function onEnd(reason: Error): void {
        const wasHeld = held !== undefined && held === connection
        if (wasHeld) held = undefined
        if (wasHeld) options.onReady(false)
        ended.resolve(reason)
      }
      let connection: SignerConnection | undefined
      try {
        connection = await connectSigner({ ...options, address, onEnd })
        await greet(connection)
        if (options.stopping.aborted) throw new Error('the node stops')
      } catch (error) {
        connection?.end(error as Error)
        told.lost(address, error as Error)
        throw error
      }
      held = connection
      told.back(address)
      options.onReady(true)
      beat(connection)
      told.lost(address, await ended.promise)
    },
    ask: async (request) => held?.ask(request).catch(() => undefined),
    keys: async () => (held ? greet(held).catch(() => []) : []),
    end: (reason) => held?.end(reason),
  }
}

/** One address after the other, for as long as it goes well with each, and again and again. */
async function tryInTurn(
  addresses: readonly SignerAddress[],
  hold: (address: SignerAddress) => Promise<void>,
  stopping: AbortSignal,
): Promise<void> {
  for (let delayMs = pauseMs.least; !stopping.aborted; delayMs = Math.min(2 * delayMs, pauseMs.most)) {
    for (const address of addresses) {
      if (stopping.aborted) return
      const went = await hold(address).then(
        () => true,
        () => false,
      )
      if (went) delayMs = pauseMs.least
    }
    await pause(delayMs, stopping)
  }
}

function keysIn(answer: SignerAnswer): readonly Bytes[] {
  if (answer.type === 'keys') return answer.keys
  throw new Error(answer.type === 'refusal' ? `the signer refuses: ${answer.code}` : 'the signer answers what was not asked')
}

/** One line when signing ends for want of a signer, and one when it goes on. */
function createOutageLog({ log }: Pick<Telemetry, 'log'>) {
  const tried = new Set<string>()
  const where = ({ host, port }: SignerAddress) => `${host}:${port}`
  return {
    lost(address: SignerAddress, { message }: Error): void {
      const level = tried.has(where(address)) ? 'debug' : 'warn'
      tried.add(where(address))
      log(level, 'a signer does not answer: nothing is signed without one', { signer: where(address), error: message })
    },
    back(address: SignerAddress): void {
      tried.clear()
      log('info', 'a signer answers', { signer: where(address), peer: address.peer })
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resume) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resume()
    }
    const timer = setTimeout(done, signal.aborted ? 0 : ms)
    signal.addEventListener('abort', done)
  })
}
