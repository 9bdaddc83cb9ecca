import { checkHello, type Hello } from '../peers/hello.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import type { Rejection } from '../primitives/result.ts'
import { agreedHeight } from '../sync/height-agreement.ts'
import type { Fork } from '../sync/plan-messages.ts'
import { createBlockComparison } from './block-comparison.ts'
import type { Chain } from './chain.ts'
import type { Foundation } from './foundation.ts'
import { createPeerSurvey } from './peer-survey.ts'
import type { SyncReport } from './sync-report.ts'
import { isVerifierBusy } from './verifier-busy.ts'

/**
 * Looks again and again whether this node is on the chain that its peers are on: the same genesis, a height that two thirds have reached,
 * the same block at a recent height, and a state of its own that is what its latest header promises. What a peer claims halts nothing.
 */
export interface SyncCoordinator {
  start(): void
  /** Now, and not only when it is time; those who ask while it goes on are told the same. */
  check(): Promise<SyncReport>
  /** What the latest check found. */
  latest(): SyncReport | undefined
  /** Somebody said hello who belongs elsewhere, and was turned away. */
  turnedAway(code: RejectionCode): void
  stop(): void
}

export interface SyncCoordinatorOptions extends Pick<Foundation, 'ports' | 'chain' | 'chainId'> {
  readonly onHeight: (peer: PeerId, height: number) => void
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
  readonly onFork: (fork: Fork) => void
  /** The state is not that of the latest header. */
  readonly onDiverged: () => void
}

const checkEveryMs = 30_000
/** Asked at each check, the others at the next ones. */
const askedMax = 32
const strangerCodes: ReadonlySet<RejectionCode> = new Set(['HELLO_WRONG_CHAIN', 'HELLO_WRONG_GENESIS'])

export function createSyncCoordinator(options: SyncCoordinatorOptions): SyncCoordinator {
  const { chain, ports } = options
  const { clock, network, telemetry } = ports
  const survey = createPeerSurvey(options)
  const compare = createBlockComparison(options)
  let timer: Timer | undefined
  let running: Promise<SyncReport> | undefined
  let latest: SyncReport | undefined
  let callers = 0
  let turn = 0
  let stopped = false

  function chosen(): readonly PeerId[] {
    const ids = network.peers().map(({ id }) => id)
    if (ids.length <= askedMax) return ids
    turn = (turn + askedMax) % ids.length
    return [...ids.slice(turn), ...ids.slice(0, turn)].slice(0, askedMax)
  }

  async function look(): Promise<SyncReport> {
    const asked = chosen()
    const hellos = await Promise.all(asked.map(async (peer) => [peer, await survey.hello(peer)] as const))
    const answers = hellos.filter((each): each is readonly [PeerId, Hello] => each[1] !== undefined)
    const own = answers.filter(([peer, hello]) => isOurs(options, peer, hello))
    for (const [peer, { height }] of own) options.onHeight(peer, height)
    const agreed = agreedHeight(own.map(([, { height }]) => height))
    const comparedHeight = Math.min(agreed, chain.tip().height)
    // A peer that is behind may be on another branch, of which it alone can tell.
    const common = own.map(([peer, { height }]) => [peer, Math.min(comparedHeight, height)] as const)
    const compared = await Promise.all(common.map(([peer, height]) => compare(peer, height, survey.header)))
    const strangers = callers + answers.length - own.length
    callers = 0
    return {
      at: clock.now(),
      peers: asked.length,
      answered: answers.length,
      strangers,
      alone: own.length === 0 && strangers > 0,
      agreedHeight: agreed,
      comparedHeight,
      same: compared.filter((each) => each === 'same').length,
      different: compared.filter((each) => each === 'different').length,
      stateHolds: stateHolds(chain),
    }
  }

  function publish(report: SyncReport): SyncReport {
    const { alone, different, strangers } = report
    exportReport(telemetry, report)
    if (alone && !latest?.alone) telemetry.log('warn', 'nobody met shares the genesis of this node', { strangers })
    if (different > 0) telemetry.log('warn', 'peers have another block', { height: report.comparedHeight, peers: different })
    if (!report.stateHolds) options.onDiverged()
    latest = report
    return report
  }

  async function check(): Promise<SyncReport> {
    running ??= look()
      .then(publish)
      .finally(() => {
        running = undefined
      })
    return running
  }

  function schedule(): void {
    timer = clock.schedule(checkEveryMs, () => {
      check()
        .catch((error: unknown) => {
          if (!isVerifierBusy(error)) telemetry.log('warn', 'could not compare with peers', { error: String(error) })
        })
        .finally(() => {
          if (!stopped) schedule()
        })
    })
  }

  return {
    start: schedule,
    check,
    latest: () => latest,
    turnedAway(code) {
      if (strangerCodes.has(code)) callers++
    },
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}

/** A stranger is sent away, and what else it says does not count. */
function isOurs({ chain, ports }: SyncCoordinatorOptions, peer: PeerId, hello: Hello): boolean {
  const { chainId, genesisRoot } = chain
  const checked = checkHello(hello, { chainId, genesisRoot })
  if (!checked.ok) ports.network.disconnect(peer, checked.error.code)
  return checked.ok
}

function stateHolds({ state, blocks }: Chain): boolean {
  const header = blocks.header(state.version)?.header
  return state.version === 0 || (header !== undefined && bytesEqual(header.appHash, state.root))
}

function exportReport(
  telemetry: Telemetry,
  { agreedHeight: agreed, same, different, stateHolds: holds, strangers }: SyncReport,
): void {
  telemetry.gauge('synod_sync_agreed_height', agreed)
  telemetry.gauge('synod_sync_peers_same', same)
  telemetry.gauge('synod_sync_peers_different', different)
  telemetry.gauge('synod_sync_state_holds', holds ? 1 : 0)
  telemetry.count('synod_sync_strangers_total', strangers)
}
