import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { peerIdOf } from '../../../adapters/libp2p/peer-id.ts'
import { systemEntropy } from '../../../adapters/system/system-entropy.ts'
import { unitsPerToken } from '../../../chain/transaction.ts'
import { addressOf, encodeAddress } from '../../../crypto/address.ts'
import { blsKeypair } from '../../../crypto/bls.ts'
import { ed25519Keypair } from '../../../crypto/ed25519.ts'
import { renderChainFile } from '../../../node/config/chain-file.ts'
import { loadChain } from '../../../node/config/load-chain.ts'
import { createNodeHome, homeFiles } from '../../../node/config/node-home.ts'
import { utf8 } from '../../../primitives/bytes.ts'
import { freePorts } from '../../devnet/free-ports.ts'
import { loopbackHost } from '../../devnet/loopback-host.ts'
import { createNodeProcess, type NodeProcess } from '../../devnet/node-process.ts'
import { makeChain } from '../sync/make-chain.ts'

export interface Servers {
  readonly nodes: readonly NodeProcess[]
  readonly chainText: string
}

interface Founding {
  readonly directory: string
  readonly servers: number
  readonly entries: number
  /** Path of the module with the minting application. */
  readonly application: string
  /** The height whose state has every entry. */
  readonly blocks: number
  readonly blockMs: number
  /** Settings stronger than the homes' own. */
  readonly overrides: readonly string[]
}

/** Entries that one block puts into the state. */
const mintedAtOnce = 100_000
const keyCost = { passes: 1, memoryKib: 8 }

/**
 * Validators with a chain on disk whose state has so many entries. One process that holds the keys of all executes and stores its blocks as
 * a node does, a hundred thousand entries a block; the others get copies of what it wrote.
 */
export async function foundServers(founding: Founding): Promise<Servers> {
  const { entries, application, blocks } = founding
  const seeds = Array.from({ length: founding.servers }, () => ({
    peer: systemEntropy.bytes(32),
    validator: systemEntropy.bytes(32),
  }))
  const chainText = renderChainFile({
    preset: 'devnet',
    application: 'minting',
    name: 'statesync',
    genesisTime: Date.now() - 10 * blocks,
    consensus: { interval_ms: founding.blockMs, empty_blocks: true },
    validators: seeds.map(({ validator }) => ({
      keypair: blsKeypair(validator),
      operator: encodeAddress('synod', addressOf(ed25519Keypair(systemEntropy.bytes(32)).publicKey)),
      powerUnits: 1000n * unitsPerToken,
    })),
    accounts: [],
  })
  const homes = await createHomes(founding, seeds, chainText)
  const first = homes[0] as NodeProcess
  const chain = await loadChain({ chainFile: join(first.home, homeFiles.chain), applicationModule: application })
  let minted = 0
  function transaction(): Uint8Array {
    const count = Math.min(mintedAtOnce, entries - minted)
    minted += count
    return utf8(`mint ${minted - count} ${count}`)
  }
  const validatorSeeds = seeds.map(({ validator }) => validator)
  await makeChain({ ...chain, directory: dataOf(first), validatorSeeds, blocks, perBlock: 1, transaction })
  for (const node of homes.slice(1)) await cp(dataOf(first), dataOf(node), { recursive: true })
  return { nodes: homes, chainText }
}

function dataOf({ home }: NodeProcess): string {
  return join(home, 'data')
}

async function createHomes(
  { directory, application, overrides }: Founding,
  seeds: readonly { readonly peer: Uint8Array; readonly validator: Uint8Array }[],
  chainText: string,
): Promise<readonly NodeProcess[]> {
  const hostOf = (place: number) => (place % 2 === 0 ? loopbackHost(place / 2) : '127.0.0.1')
  const ports = await freePorts(2 * seeds.length, undefined, hostOf)
  const listen = seeds.map((_, index) => `/ip4/${loopbackHost(index)}/tcp/${ports[2 * index]}`)
  const addresses = await Promise.all(seeds.map(async ({ peer }, index) => `${listen[index]}/p2p/${await peerIdOf(peer)}`))
  const nodes: NodeProcess[] = []
  for (const [index, each] of seeds.entries()) {
    const home = join(directory, `server${index}`)
    const apiPort = ports[2 * index + 1] as number
    await createNodeHome({
      home,
      chainText,
      settings: {
        node: { doppelganger_wait_ms: 0, application },
        p2p: { listen: [listen[index] as string], dial_from: loopbackHost(index), peers: addresses.slice(0, index) },
        api: { port: apiPort },
      },
      seeds: each,
      passphrase: 'of a bench',
      storePassphrase: true,
      keyCost,
    })
    nodes.push(
      createNodeProcess({
        name: `server${index}`,
        home,
        url: `http://127.0.0.1:${apiPort}`,
        overrides,
        onExit: () => undefined,
      }),
    )
  }
  return nodes
}
