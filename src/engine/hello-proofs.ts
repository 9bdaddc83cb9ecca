import type { ChainId } from '../chain/identifiers.ts'
import { decode } from '../codec/codec.ts'
import { type Hello, type HelloProof, helloProofSchema } from '../peers/hello.ts'
import { verifyStake } from '../peers/stake-proof.ts'
import { type Challenge, isSolution, workPuzzle } from '../peers/work-challenge.ts'
import type { PeerId } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import type { StakeSlots } from './stake-slots.ts'

/** Judges what strangers prove after their hello. Spec: docs/spec/network.md, "Proofs". */
export interface HelloProofs {
  /** `said` is this node's own hello on the connection, `heard` the stranger's. A stake that holds takes the slot of its key. */
  judge(peer: PeerId, proof: Bytes, said: Hello, heard: Hello): Result<'proved'>
}

/** Proofs that held, so that one shown again can be called what it is. They would be refused without: each has its own nonce. */
const usedMax = 1024

export function createHelloProofs(options: { chainId: ChainId; self: PeerId; slots: StakeSlots }): HelloProofs {
  const { chainId, self, slots } = options
  const used = createBoundedMap<string, true>(usedMax)

  /** Whether the peer speaks for stake. */
  function judgeStake(peer: PeerId, proof: HelloProof, said: Hello, heard: Hello, challenge: Challenge): Result<boolean> {
    const { stakeKey } = heard
    const isCalledFor = said.grantsStake && stakeKey !== undefined
    if (!isCalledFor) return proof.stake === undefined ? ok(false) : reject('HELLO_PROOF_MALFORMED', 'no stake was asked for')
    if (proof.stake === undefined || !verifyStake(stakeKey, challenge, proof.stake)) {
      return reject('HELLO_STAKE_INVALID', 'the key of the hello did not sign this connection')
    }
    if (slots.stakeOf(stakeKey) === 0n) return ok(false)
    return slots.claim(stakeKey, peer) ? ok(true) : reject('HELLO_STAKE_TAKEN', 'another peer speaks for this key')
  }

  function judgeWork({ work }: HelloProof, asked: number, challenge: Challenge): Result<'proved'> {
    if (asked === 0) return work === undefined ? ok('proved') : reject('HELLO_PROOF_MALFORMED', 'no work was asked for')
    const isDone = work !== undefined && isSolution(workPuzzle(challenge), asked, work)
    return isDone ? ok('proved') : reject('HELLO_WORK_INVALID', `a work of ${asked} was asked for`)
  }

  function judgeBoth(peer: PeerId, proof: HelloProof, said: Hello, heard: Hello): Result<'proved'> {
    const challenge: Challenge = { chainId, verifier: self, prover: peer, nonce: said.nonce }
    const staked = judgeStake(peer, proof, said, heard, challenge)
    if (!staked.ok) return staked
    // Stake stands for work; whoever did the work all the same loses nothing.
    return staked.value ? ok('proved') : judgeWork(proof, said.work, challenge)
  }

  return {
    judge(peer, bytes, said, heard) {
      const decoded = decode(helloProofSchema, bytes)
      if (!decoded.ok) return reject('HELLO_PROOF_MALFORMED', decoded.error.code)
      const name = bytesKey(bytes)
      const judged = judgeBoth(peer, decoded.value, said, heard)
      if (judged.ok) used.set(name, true)
      else if (replayable.has(judged.error.code) && used.has(name)) return reject('HELLO_PROOF_REPLAYED', 'it was used before')
      return judged
    },
  }
}

const replayable = new Set<RejectionCode>(['HELLO_STAKE_INVALID', 'HELLO_WORK_INVALID'])
