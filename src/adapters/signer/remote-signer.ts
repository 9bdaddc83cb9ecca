import type { ChainId } from '../../chain/identifiers.ts'
import type { LastSigned } from '../../chain/signing.ts'
import type { SignerAnswer } from '../../engine/signer-message.ts'
import type { Signer } from '../../ports/signer.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { connectSigner, type SignerAddress, type SignerConnection } from './signer-connection.ts'
import type { SignerIdentity } from './signer-tls.ts'

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
  const told = createOutageLog(telemetry)
  let ways: { lastSigned(): LastSigned | undefined; onReady(ready: boolean): void } | undefined
  let held: { readonly connection: SignerConnection; keys: readonly Bytes[] } | undefined
  let running: Promise<void> | undefined

  const hello = (connection: SignerConnection) =>
    connection.ask({
      type: 'hello',
      version: 1,
      chainId: options.chainId,
      signers: options.addresses.length,
      lastSigned: ways?.lastSigned(),
    })

  /** Resolves when the connection ends; rejects where there never was one. */
  async function hold(address: SignerAddress): Promise<void> {
    const ended = Promise.withResolvers<Error>()
    const connection = await connectSigner({ ...options, address, onEnd: lose })
    function lose(reason: Error): void {
      const wasHeld = held?.connection === connection
      if (wasHeld) held = undefined
      if (wasHeld) ways?.onReady(false)
      ended.resolve(reason)
    }
    try {
      const keys = keysIn(await hello(connection))
      if (stopping.signal.aborted) throw new Error('stopping')
      held = { connection, keys }
    } catch (error) {
      connection.end(error as Error)
      throw error
    }
    told.back(address)
    ways?.onReady(true)
    first.resolve()
    beat(connection)
    told.lost(address, await ended.promise)
  }

  function beat(connection: SignerConnection): void {
    const timer = setTimeout(() => {
      const refresh = async () => {
        const keys = keysIn(await hello(connection))
        if (held?.connection === connection) held.keys = keys
        beat(connection)
      }
      if (held?.connection === connection) refresh().catch((error: Error) => connection.end(error))
    }, heartbeatMs)
    timer.unref()
  }

  async function run(): Promise<void> {
    for (let delayMs = pauseMs.least; !stopping.signal.aborted; delayMs = Math.min(2 * delayMs, pauseMs.most)) {
      for (const address of options.addresses) {
        if (stopping.signal.aborted) return
        await hold(address).then(
          () => (delayMs = pauseMs.least),
          (error: Error) => told.lost(address, error),
        )
      }
      await pause(delayMs, stopping.signal)
    }
  }

  return {
    open(given) {
      ways = given
      given.onReady(false)
      running ??= run()
    },
    async keys() {
      await Promise.race([first.promise, pause(firstMs, stopping.signal).then(first.resolve)])
      if (!held) return []
      const { connection } = held
      return hello(connection).then(keysIn, () => [])
    },
    async sign({ key, subject }) {
      const answer = await held?.connection.ask({ type: 'sign', key, subject }).catch(() => undefined)
      if (answer?.type === 'signature') return answer.signature
      if (answer?.type === 'refusal') {
        telemetry.log('warn', 'the signer refuses to sign', { code: answer.code })
        telemetry.count('synod_signer_refusals_total')
      }
      return undefined
    },
    async stop() {
      stopping.abort()
      held?.connection.end(new Error('the node stops'))
      await running
    },
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
