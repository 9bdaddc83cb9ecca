import { type ChainId, hash } from '../chain/identifiers.ts'
import { type Infer, list, struct, text, uint } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import { bytesEqual, toHex } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'

/**
 * The versions of the node-to-node protocol this code speaks. Version 2 reconciles mempools by set difference and exchanges peer
 * lists; version 1 announces hashes instead. Spec: docs/spec/network.md, "Versions".
 */
export const protocolVersions = { min: 1, max: 2 } as const

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
})
export type Hello = Infer<typeof helloSchema>

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

function short(hash: Hash): string {
  return toHex(hash).slice(0, 16)
}
