import { type BlsKeypair, blsSign } from '../crypto/bls.ts'
import { assemble } from '../engine/assemble.ts'
import type { NodeOptions } from '../engine/foundation.ts'
import type { Ports } from '../engine/ports.ts'
import type { SynodNode } from '../engine/synod-node.ts'
import type { Clock } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Signer } from '../ports/signer.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { PowerCut } from './power-cut.ts'
import { createSimulatedEntropy, type Random } from './random.ts'
import { createSimulatedClock, type Scheduler } from './scheduler.ts'
import { createSimulatedDisk, type SimulatedDisk } from './simulated-disk.ts'
import { createSimulatedIdentity } from './simulated-identity.ts'
import type { SimulatedInternet } from './simulated-internet.ts'
import type { SignatureOracle } from './simulated-verifier.ts'

/** A machine of the simulated world: a disk that stays, and a node that comes and goes. The node itself is the production one. */
export interface SimulatedNode {
  readonly id: PeerId
  readonly disk: SimulatedDisk
  /** The running node; undefined while it is down or starting. */
  readonly running: SynodNode | undefined
  readonly up: boolean
  /** Starts the node from what its disk holds. Rejects when the node refuses to start. */
  start(): Promise<void>
  /** The power fails, at whatever instruction the node is. */
  crash(): void
  /** How wrong the machine's clock is, ms. */
  skew(offsetMs: number): void
  readonly offsetMs: number
  /** How many times slower than it should be the machine's disk is. */
  slowDisk(factor: number): void
}

export interface SimulatedNodeOptions {
  readonly id: PeerId
  readonly world: {
    readonly scheduler: Scheduler
    readonly internet: SimulatedInternet
    readonly oracle: SignatureOracle
  }
  readonly random: Random
  readonly keypair: BlsKeypair | undefined
  readonly options: NodeOptions
  readonly telemetry: Telemetry
  /** What a dishonest operator puts between the node and the world. */
  readonly tamper?: (ports: Ports) => Ports
  readonly onStarted: (node: SynodNode) => void
  /** The node is about to write to its disk, for the nth time. Says whether the power fails now, or once that is done. */
  readonly onWrite?: (count: number) => PowerCut['moment'] | undefined
  /** The node had something signed by its key. */
  readonly onSigned: (message: Bytes, signature: Bytes) => void
}

/** Checks of one transaction's signature a core makes in a millisecond, about. */
const checksPerMs = 17
/** How long a signature takes. */
const signMs = 0.4
/** How long an access to a healthy disk takes. */
const diskMs = { read: 0.05, write: 0.05, sync: 0.5 }

export function createSimulatedNode(config: SimulatedNodeOptions): SimulatedNode {
  const { id, world } = config
  const { scheduler } = world
  const disk = createSimulatedDisk()
  let offsetMs = 0
  let slowness = 1
  /** Each life has a number: what an earlier one had under way never completes. */
  let life = 0
  let running: SynodNode | undefined
  let up = false
  let writes = 0

  function onSigned(publicKey: Bytes, message: Bytes, signature: Bytes): void {
    world.oracle.witnessed({ publicKey, message, signature })
    config.onSigned(message, signature)
  }

  function wait(delayMs: number, current: number): Promise<void> {
    return new Promise((resume) => {
      scheduler.after(delayMs, () => {
        if (life === current) resume()
      })
    })
  }

  async function access(kind: keyof typeof diskMs, current: number): Promise<void> {
    await wait(diskMs[kind] * slowness, current)
    if (kind === 'read') return
    writes += 1
    const cut = config.onWrite?.(writes)
    if (cut === undefined) return
    if (cut === 'after') return void scheduler.after(0, crash)
    crash()
    await new Promise(() => undefined)
  }

  function crash(): void {
    life++
    up = false
    running = undefined
    world.internet.vanish(id)
    disk.crash(config.random.fork(`crash ${life}`))
  }

  function ports(current: number): Ports {
    const clock = createSimulatedClock(scheduler, () => offsetMs)
    const signer = config.keypair && signerOf(config.keypair, () => wait(signMs, current), onSigned)
    return {
      clock: mortal(clock, () => life === current),
      entropy: createSimulatedEntropy(config.random.fork(`entropy ${current}`)),
      disk: disk.mount({ io: (kind) => access(kind, current) }),
      network: world.internet.join(id),
      verifier: world.oracle.verifier((items) => wait(items / checksPerMs, current)),
      telemetry: config.telemetry,
      identity: createSimulatedIdentity(id),
      ...(signer && { signer }),
    }
  }

  return {
    id,
    disk,
    get running() {
      return running
    },
    get up() {
      return up
    },
    async start() {
      const current = ++life
      up = true
      const own = ports(current)
      const node = await assemble(config.tamper ? config.tamper(own) : own, config.options)
      if (life !== current) return
      running = node
      config.onStarted(node)
    },
    crash,
    skew: (offset) => {
      offsetMs = offset
    },
    get offsetMs() {
      return offsetMs
    },
    slowDisk: (factor) => {
      slowness = factor
    },
  }
}

function mortal(clock: Clock, alive: () => boolean): Clock {
  return { ...clock, schedule: (delayMs, callback) => clock.schedule(delayMs, () => alive() && callback()) }
}

function signerOf(
  keypair: BlsKeypair,
  delay: () => Promise<void>,
  onSigned: (publicKey: Bytes, message: Bytes, signature: Bytes) => void,
): Signer {
  return {
    keys: async () => [keypair.publicKey],
    async sign({ message }) {
      await delay()
      const signature = blsSign(keypair, message)
      onSigned(keypair.publicKey, message, signature)
      return signature
    },
  }
}
