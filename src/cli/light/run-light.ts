import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startLightProxy } from '../../api/light-proxy.ts'
import type { ChainSpec } from '../../chain/chain-spec.ts'
import { evidenceSchema } from '../../chain/evidence.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { type Client, createClient } from '../../client/client.ts'
import { type ChainFollower, followProviders, httpProvider } from '../../client/follow-chain.ts'
import { peerReads, type ReadClient } from '../../client/peer-reads.ts'
import type { PeerSource } from '../../client/peer-source.ts'
import { reportAttack } from '../../client/report-attack.ts'
import { encode } from '../../codec/codec.ts'
import { type LightAttack, lightAttackSchema } from '../../light/attack.ts'
import type { ConsistentBlock } from '../../light/light-block.ts'
import type { LightFailure } from '../../light/light-client.ts'
import type { LightProvider } from '../../light/provider.ts'
import { fromHex, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { apiAddress } from '../frame/api-address.ts'
import type { Console } from '../frame/command.ts'
import { productVersion } from '../frame/product-version.ts'
import { trustedChain } from '../tx/trusted-chain.ts'

interface LightOptions {
  readonly home: string | undefined
  readonly api: string | undefined
  readonly chain: string | undefined
  readonly peer: readonly string[]
  readonly witness: readonly string[]
  readonly 'witnesses-min': number
  readonly 'trust-height': number | undefined
  readonly 'trust-hash': string | undefined
  readonly 'trust-period': number | undefined
  readonly sequential: boolean
  readonly host: string
  readonly port: number
  readonly evidence: string
}

const minuteMs = 60_000
const freshBlock = 'Ask somebody you trust for the height and hash of a block of lately: --trust-height, --trust-hash.'

/** Serves until it is told to stop, or the chain has forked. Resolves to the exit status. */
export async function runLight({
  options,
  console,
}: {
  readonly options: LightOptions
  readonly console: Console
}): Promise<number> {
  const { spec, trust } = await trustedChain(options, console)
  const checkpoint = checkpointOf(options)
  const { client, providers, told, close } = await openSources(options, console, trust.chainId)
  const url = client.url
  const follower = followProviders({
    providers,
    trust,
    periodMs: periodOf(options, spec),
    witnessesMin: options['witnesses-min'],
    mode: options.sequential ? 'sequential' : 'skipping',
    ...(checkpoint && { checkpoint }),
    onFalse: ({ name }, { code, detail }) => console.err(`${name} showed what does not hold: ${code}, ${detail}\n`),
  })
  const forked = Promise.withResolvers<LightFailure>()
  const toldToStop = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
  try {
    await begin(follower, { options, console, url, told })
    const proxy = await startLightProxy({ ...options, client, follower, spec, onFork: forked.resolve })
    const witnesses = providers.slice(1).map(({ name }) => name)
    console.out(`${JSON.stringify({ url: proxy.url, node: url, witnesses })}\n`)
    const failure = await Promise.race([toldToStop.then(() => undefined), forked.promise])
    await proxy.stop()
    if (failure) await endForked(failure, { options, console, told })
    return 0
  } finally {
    await close()
  }
}

/** Whom to ask: for light blocks the first provider, with the others as witnesses, and for what is proved against them the client. */
interface Sources {
  readonly client: ReadClient
  readonly providers: readonly LightProvider[]
  /** Those of them with an API. */
  readonly told: readonly Client[]
  close(): Promise<void>
}

async function openSources(options: LightOptions, console: Console, chainId: ChainId): Promise<Sources> {
  const others = options.witness.map((witness) => createClient(witness))
  const witnesses = others.map(httpProvider)
  if (options.peer.length === 0) {
    const client = createClient(await apiAddress(options, console))
    return { client, providers: [httpProvider(client), ...witnesses], told: [client, ...others], close: async () => undefined }
  }
  // Loaded where it is wanted: it brings all of libp2p.
  const { openPeerSources } = await import('../../client/peer-source.ts')
  const sources = await openPeerSources({ chainId, agent: `synod-light/${productVersion()}` })
  const peers = options.peer.map(sources.at)
  const node = options.api === undefined ? undefined : createClient(await apiAddress(options, console))
  const client = node ?? peerReads(peers[0] as PeerSource)
  return { client, providers: [...peers, ...witnesses], told: node ? [node, ...others] : others, close: sources.stop }
}

/** The latest block must be verified before anything is served: what is wrong with the root shows now. */
async function begin(follower: ChainFollower, { options, console, url, told }: Forked & { readonly url: string }): Promise<void> {
  const latest = await follower.block('latest')
  if (latest.ok) return
  if (latest.error.attack) await endForked(latest.error, { options, console, told })
  const { code, detail } = latest.error
  const isOld = code === 'LIGHT_TRUST_EXPIRED' || code === 'LIGHT_ROOT_WRONG'
  throw new OperationalError('PROOF_FAILED', `${code}: ${detail}.`, { where: url, ...(isOld && { hint: freshBlock }) })
}

interface Forked {
  readonly options: LightOptions
  readonly console: Console
  /** Nodes that hear who is proved to have lied: perhaps those of one history are the first to punish those of the other. */
  readonly told: readonly Client[]
}

async function endForked(failure: LightFailure, { options, console, told }: Forked): Promise<never> {
  const { attack, detail } = failure
  if (!attack) throw new OperationalError('CHAIN_FORKED', `${detail}.`)
  const file = join(resolve(console.workingDirectory, options.evidence), `light-attack-${attack.first.header.height}.json`)
  await writeFile(file, `${JSON.stringify(inWords(attack), undefined, 2)}\n`)
  for (const { url, taken, refusals } of attack.evidence.length > 0 ? await reportAttack(told, attack) : []) {
    console.err(
      `${url} took ${taken} of ${attack.evidence.length} pieces of evidence${refusals.map((code) => `, ${code}`).join('')}\n`,
    )
  }
  throw new OperationalError('CHAIN_FORKED', `${detail}.`, {
    where: file,
    hint: 'Believe neither side until the operators have settled on one: docs/runbooks/fork.md. The file proves what is known.',
  })
}

/** What others need to come to the same verdict; `evidence` is what a block can carry. */
function inWords({ kind, common, first, second, convicted, suspects, evidence }: LightAttack) {
  const block = ({ header, hash, commit }: ConsistentBlock) => ({ height: header.height, hash: toHex(hash), round: commit.round })
  const attack = { commonHeight: common.height, first: first.light, second: second.light }
  return {
    kind,
    commonHeight: common.height,
    blocks: [block(first), block(second)],
    convicted: convicted.map(toHex),
    suspects: suspects.map(toHex),
    evidence: evidence.map((piece) => toHex(encode(evidenceSchema, piece))),
    encoded: toHex(encode(lightAttackSchema, attack)),
  }
}

function checkpointOf(options: LightOptions): { readonly height: number; readonly hash: Uint8Array } | undefined {
  const { 'trust-height': height, 'trust-hash': text } = options
  if (height === undefined && text === undefined) return undefined
  const hash = fromHex(text ?? '')
  if (height !== undefined && hash?.length === 32) return { height, hash }
  throw new OperationalError(
    'USAGE_INVALID',
    'A trusted block needs both --trust-height and --trust-hash, of 64 hexadecimal digits.',
  )
}

/** Stake is free later than evidence ages, so whoever signed a header within that age can still be punished for it. */
function periodOf({ 'trust-period': minutes }: LightOptions, { consensus, limits }: ChainSpec): number {
  if (minutes !== undefined) return minutes * minuteMs
  if (consensus.interval_ms > 0) return limits.evidence_age_blocks * consensus.interval_ms
  throw new OperationalError(
    'USAGE_INVALID',
    'This chain has no interval between blocks that a trust period would follow from: give --trust-period.',
  )
}
