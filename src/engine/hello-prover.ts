import type { ChainId } from '../chain/identifiers.ts'
import { encode } from '../codec/codec.ts'
import type { Ed25519Keypair } from '../crypto/ed25519.ts'
import { type Hello, helloProofSchema, owesProof } from '../peers/hello.ts'
import { proveStake } from '../peers/stake-proof.ts'
import { type Challenge, workPuzzle } from '../peers/work-challenge.ts'
import type { PeerId } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Ports } from './ports.ts'
import type { StakeSlots } from './stake-slots.ts'
import { createWorkSolver } from './work-solver.ts'

/** Proves what a peer's hello asks for; `undefined` when it asks for nothing. */
export type HelloProver = (peer: PeerId, said: Hello, heard: Hello) => Promise<Bytes> | undefined

/** This node gives up a little before the other side does. */
const solveWithinMs = 9_000

export function createHelloProver(options: {
  readonly ports: Ports
  readonly chainId: ChainId
  readonly networkKey: Ed25519Keypair | undefined
  readonly slots: Pick<StakeSlots, 'stakeOf'>
  /** Work for this peer begins. */
  readonly onWork: (peer: PeerId) => void
}): HelloProver {
  const { ports, chainId, networkKey, slots } = options
  const solver = createWorkSolver(ports)

  async function prove(challenge: Challenge, heard: Hello): Promise<Bytes> {
    const key = heard.grantsStake ? networkKey : undefined
    const stake = key && proveStake(key, challenge)
    // Stake stands for work. Only who knows its own stake relies on it: the other side may have read a later state.
    const isWorker = heard.work > 0 && (key === undefined || slots.stakeOf(key.publicKey) === 0n)
    if (isWorker) options.onWork(challenge.verifier)
    const work = isWorker ? await solver.solve(workPuzzle(challenge), heard.work, solveWithinMs) : undefined
    return encode(helloProofSchema, { work, stake, extensions: [] })
  }

  return (peer, said, heard) => {
    if (!owesProof(said, heard)) return undefined
    return prove({ chainId, verifier: peer, prover: ports.network.self, nonce: heard.nonce }, heard)
  }
}
