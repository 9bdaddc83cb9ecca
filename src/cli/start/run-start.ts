import { once } from 'node:events'
import { join } from 'node:path'
import { loadKeyFile } from '../../adapters/file/key-file.ts'
import { limitYoungGeneration } from '../../adapters/system/limit-young-generation.ts'
import { createNodeTelemetry, type NodeTelemetry } from '../../adapters/telemetry/node-telemetry.ts'
import { type ApiServer, startApi } from '../../api/server.ts'
import { chainIdOf } from '../../chain/chain-spec.ts'
import { metrics } from '../../engine/metrics-catalogue.ts'
import { budgetLimitsOf, resourceLimitsOf } from '../../node/config/budget-limits-of.ts'
import { connectionLimitsOf } from '../../node/config/connection-limits-of.ts'
import { dnsSettingsOf } from '../../node/config/dns-settings-of.ts'
import { findingSettingsOf } from '../../node/config/finding-settings-of.ts'
import { loadChain } from '../../node/config/load-chain.ts'
import { loadNodeConfig, type NodeHome } from '../../node/config/load-node-config.ts'
import { natSettingsOf } from '../../node/config/nat-settings-of.ts'
import { homeFiles } from '../../node/config/node-home.ts'
import { readOrMakeOperatorToken } from '../../node/config/operator-token.ts'
import { readConfigFile } from '../../node/config/read-config-file.ts'
import { relaySettingsOf } from '../../node/config/relay-settings-of.ts'
import { requestLimitsOf } from '../../node/config/request-limits-of.ts'
import { stateSettingsOf } from '../../node/config/state-settings-of.ts'
import { unbondingMsOf } from '../../node/config/unbonding-ms.ts'
import { type RunningNode, startNode } from '../../node/start-node.ts'
import { openValidatorSigner } from '../../node/validator-signer.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { productVersion } from '../frame/product-version.ts'
import { openAccountKey } from '../keys/account-keys.ts'

export interface StartOptions {
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `key=value`, stronger than the file and the environment. */
  readonly overrides: readonly string[]
  /** Opens the keys of a home. */
  readonly passphrase: () => Promise<string>
}

/** Runs the node of a home until it is told to stop, or cannot go on. Resolves to the exit status. */
export async function runStart(options: StartOptions): Promise<number> {
  limitYoungGeneration()
  const configuration = await loadNodeConfig(options)
  const { config, home } = configuration
  const telemetry = createNodeTelemetry({
    level: config.log.level,
    format: config.log.format === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : config.log.format,
    destination: process.stderr,
    catalogue: metrics,
    node: home,
  })
  const operatorToken = await readOrMakeOperatorToken(join(home, homeFiles.operatorToken))
  const toldToStop = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
  const running = await open(configuration, await options.passphrase(), telemetry)
  let api: ApiServer | undefined
  try {
    if (config.api.enabled) {
      const { host, port } = config.api
      const { node } = running
      api = await startApi({
        node,
        host,
        port,
        version: productVersion(),
        operatorToken,
        telemetry,
        metrics: telemetry,
        limits: requestLimitsOf(config),
        isOverloaded: () => node.loadLevel() === 'overloaded',
      })
    }
    const { self, addresses, height } = running.node.status()
    telemetry.log('info', 'started', { peer: self, addresses: addresses.join(' '), api: api?.url, height })
    const failure = await Promise.race([toldToStop, running.node.failed])
    if (failure instanceof OperationalError) throw failure
    telemetry.log('info', 'stopping')
    return 0
  } finally {
    await api?.stop()
    await running.stop()
    telemetry.flush()
  }
}

async function open(home: NodeHome, passphrase: string, telemetry: NodeTelemetry): Promise<RunningNode> {
  const { config, dataDirectory, keysDirectory } = home
  const { spec, application } = await loadChain(home)
  const peerKeyPath = join(keysDirectory, 'peer.key')
  const peerKeySeed = await loadKeyFile({ path: peerKeyPath, kind: 'peer', passphrase })
  if (!peerKeySeed) throw new OperationalError('KEY_FILE_MISSING', 'The node has no peer key.', { where: peerKeyPath })
  const { transactions_max, bytes_max, per_sender_max, per_peer_max, recent_max } = config.mempool
  const workers = config.node.verifier_workers
  const memory = config.defence.memory_max_mb
  const listen = config.p2p.listen ?? [`/ip4/0.0.0.0/tcp/${spec.chain.port}`]
  return startNode({
    dataDirectory,
    spec,
    application,
    listen,
    peers: [...config.p2p.peers, ...config.nat.relays],
    relays: { ...relaySettingsOf(config), stunServers: config.nat.stun_servers },
    dns: dnsSettingsOf(config, spec),
    nat: natSettingsOf(config),
    peerExchange: config.discovery.peer_exchange,
    ...findingSettingsOf(config, listen),
    security: config.p2p.security,
    requireHybrid: config.p2p.require_hybrid,
    transports: config.p2p.transports,
    compresses: config.p2p.compression,
    upload: {
      bytesPerSecond: config.p2p.upload_max,
      peerBytesPerSecond: config.p2p.upload_per_peer_max,
      answersShare: config.p2p.upload_answers_share,
    },
    cover: {
      padding: config.p2p.padding === 'buckets',
      sendDelayMaxMs: config.p2p.send_delay_max_ms,
      delaysConsensus: config.p2p.send_delay_consensus,
      bytesPerSecond: config.p2p.cover_bytes_per_second,
    },
    ...(config.p2p.dial_from !== undefined && { dialFrom: config.p2p.dial_from }),
    ...(home.webSocketCertificate && { webSocketCertificate: await readCertificate(home.webSocketCertificate) }),
    peerKeySeed,
    networkKeySeed: await openNetworkKey(home, passphrase),
    signer: config.node.validate
      ? await openValidatorSigner({ ...home, chainId: chainIdOf(spec), peerKeySeed, passphrase, telemetry })
      : undefined,
    mempool: {
      transactions: transactions_max,
      bytes: bytes_max,
      perSender: per_sender_max,
      perPeer: per_peer_max,
      recent: recent_max,
    },
    connections: connectionLimitsOf(config),
    budgets: budgetLimitsOf(config),
    resources: resourceLimitsOf(config),
    ...(memory !== 'auto' && { memoryBytesMax: memory * 2 ** 20 }),
    access: { allow: config.defence.allow, deny: config.defence.deny },
    ...stateSettingsOf(config, unbondingMsOf(spec)),
    lagBlocks: config.node.sync_lag_blocks,
    doppelgangerWaitMs: config.node.doppelganger_wait_ms,
    ...(workers !== 'auto' && { verifierWorkers: workers }),
    telemetry,
    agent: `synod/${productVersion()}`,
    traceMessages: config.node.trace_messages,
  })
}

async function readCertificate({ cert, key }: { cert: string; key: string }): Promise<{ cert: string; key: string }> {
  return { cert: await readConfigFile(cert), key: await readConfigFile(key) }
}

/** The seed of the key in whose name the node speaks for stake, where its configuration names one. */
async function openNetworkKey({ config, keysDirectory }: NodeHome, passphrase: string): Promise<Bytes | undefined> {
  const name = config.p2p.network_key
  if (name === undefined) return undefined
  const { secretKey } = await openAccountKey(join(keysDirectory, 'accounts'), name, passphrase)
  return secretKey.slice(0, 32)
}
