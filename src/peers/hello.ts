import { accountKey, accountSignature, type ChainId, hash } from '../chain/identifiers.ts'
import { bool, bytes, type Infer, list, optional, struct, text, u64, uint } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import { bytesEqual, toHex } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { workMax } from './work-challenge.ts'

/**
 * The versions of the node-to-node protocol this code speaks. Version 2 reconciles mempools by set difference and exchanges peer
 * lists; version 1 announces hashes instead. Spec: docs/spec/network.md, "Versions".
 */
export const protocolVersions = { min: 1, max: 2 } as const

/** What later versions add: by name, each once. A name that is not known is ignored. */
const extensions = list(struct('Extension', { name: text({ max: 32 }), data: bytes({ max: 1024 }) }), { max: 16 })

/** The first message on every connection, from both sides. Nothing else is served before both are accepted. */
export const helloSchema = struct('Hello', {
  chainId: hash,
  /** State root after genesis: equal specs run by different applications still part here. */
  genesisRoot: hash,
  protocolMin: uint({ max: 0xffff }),
  protocolMax: uint({ max: 0xffff }),
  capabilities: list(text({ max: 32 }), { max: 32 }),
  /** Of the latest final block. */
  height: uint(),
  listenAddresses: list(text({ max: 256 }), { max: 16 }),
  agent: text({ max: 64 }),
  /** 32 unpredictable bytes, fresh for each connection: what the other side proves binds them. */
  nonce: bytes({ length: 32 }),
  /** Work this side asks of the other before it accepts it, in hashes to be expected; 0: none. */
  work: uint({ max: 0xffff_ffff }),
  /** Whether a proof of stake counts here: a node that is not synchronised knows nobody's stake. */
  grantsStake: bool(),
  /** The network key, delegated on chain, whose stake this side will prove where that counts. */
  stakeKey: optional(accountKey),
  extensions,
})
export type Hello = Infer<typeof helloSchema>

/** The answer to a hello that wants something proved: sent exactly when `owesProof` says so. */
export const helloProofSchema = struct('HelloProof', {
  /** The counter that solves the work asked for. */
  work: optional(u64()),
  /** By the stake key of this side's hello. */
  stake: optional(accountSignature),
  extensions,
})
export type HelloProof = Infer<typeof helloProofSchema>

/** Among the capabilities: this connection is a visit. */
export const visitCapability = 'visit'

/** Whether `prover` sends a proof after these hellos. Both sides know both, so both know it at once. */
export function owesProof(prover: Pick<Hello, 'stakeKey'>, verifier: Pick<Hello, 'work' | 'grantsStake'>): boolean {
  return verifier.work > 0 || (verifier.grantsStake && prover.stakeKey !== undefined)
}

/** The highest version that both speak; 1 before anything else is known. */
export function commonVersion(hello: Pick<Hello, 'protocolMax'> | undefined, ownMax: number): number {
  return hello === undefined ? 1 : Math.min(hello.protocolMax, ownMax)
}

/** Whether a stranger's hello belongs on this network. The detail is sent to the stranger: it says what differs. */
export function checkHello(
  hello: Hello,
  own: { readonly chainId: ChainId; readonly genesisRoot: Hash },
  versionMax: number = protocolVersions.max,
): Result<Hello> {
  if (!bytesEqual(hello.chainId, own.chainId)) {
    return reject('HELLO_WRONG_CHAIN', `this is chain ${short(own.chainId)}, yours is ${short(hello.chainId)}`)
  }
  if (!bytesEqual(hello.genesisRoot, own.genesisRoot)) {
    return reject('HELLO_WRONG_GENESIS', `our genesis state is ${short(own.genesisRoot)}, yours is ${short(hello.genesisRoot)}`)
  }
  if (hello.protocolMin > versionMax || hello.protocolMax < protocolVersions.min) {
    return reject(
      'HELLO_WRONG_VERSION',
      `we speak protocol ${protocolVersions.min}–${versionMax}, you ${hello.protocolMin}–${hello.protocolMax}`,
    )
  }
  return ok(hello)
}

/** Whether to do the work that a hello asks for. Whoever dials does it, within reason; whoever is dialled owes none. */
export function checkWorkAsked(work: number, direction: 'inbound' | 'outbound'): Result<number> {
  if (work > 0 && direction === 'inbound') return reject('HELLO_WORK_EXCESSIVE', 'you dialled us, and ask us for work')
  if (work > workMax) return reject('HELLO_WORK_EXCESSIVE', `we do at most ${workMax}, you ask for ${work}`)
  return ok(work)
}

function short(hash: Hash): string {
  return toHex(hash).slice(0, 16)
}
