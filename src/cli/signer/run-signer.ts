import { once } from 'node:events'
import { isIPv4, isIPv6 } from 'node:net'
import { join } from 'node:path'
import { loadKeyFile } from '../../adapters/file/key-file.ts'
import { createNodeTelemetry } from '../../adapters/telemetry/node-telemetry.ts'
import { chainIdOf } from '../../chain/chain-spec.ts'
import { metrics } from '../../engine/metrics-catalogue.ts'
import { loadChainSpec } from '../../node/config/load-chain-spec.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { startSigner } from '../../node/start-signer.ts'
import { createValidatorKeyFiles } from '../../node/validator-key-files.ts'
import { toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Console } from '../frame/command.ts'
import { readPassphrase } from '../frame/passphrase.ts'
import { homeOf } from '../frame/shared-options.ts'

interface SignerOptions {
  readonly home: string | undefined
  readonly listen: string
  readonly node: readonly string[]
  readonly 'passphrase-file': string | undefined
}

/** Signs until it is told to stop, or cannot go on. Resolves to the exit status. */
export async function runSigner({
  options,
  console,
}: {
  readonly options: SignerOptions
  readonly console: Console
}): Promise<number> {
  const { host, port } = placeOf(options.listen)
  if (options.node.length === 0) throw new OperationalError('USAGE_INVALID', 'Say with --node for which peer id to sign.')
  const home = homeOf(options.home, console)
  const { config, dataDirectory, chainFile, keysDirectory } = await loadNodeConfig({ home, environment: console.environment })
  const spec = await loadChainSpec(chainFile)
  const passphrase = await readPassphrase({ console, home, file: options['passphrase-file'] })
  const path = join(keysDirectory, 'peer.key')
  const peerKeySeed = await loadKeyFile({ path, kind: 'peer', passphrase })
  if (!peerKeySeed) throw new OperationalError('KEY_FILE_MISSING', 'The signer has no peer key.', { where: path })
  const telemetry = createNodeTelemetry({
    level: config.log.level,
    format: config.log.format === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : config.log.format,
    destination: process.stderr,
    catalogue: metrics,
    node: home,
  })
  const toldToStop = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]).then(() => undefined)
  const running = await startSigner({
    dataDirectory,
    chainId: chainIdOf(spec),
    seeds: createValidatorKeyFiles({ directory: keysDirectory, passphrase, telemetry }),
    peerKeySeed,
    host,
    port,
    nodes: [...new Set(options.node)],
    telemetry,
  })
  try {
    const address = `${multiaddrHead(host)}/tcp/${running.port}/p2p/${running.peer}`
    console.out(`${JSON.stringify({ address, keys: running.keys.map(toHex), nodes: options.node })}\n`)
    const failure = await Promise.race([toldToStop, running.failed])
    if (failure !== undefined) throw failure
    return 0
  } finally {
    await running.stop()
    telemetry.flush()
  }
}

function placeOf(text: string): { readonly host: string; readonly port: number } {
  const [, ip6, name = '', digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+)):([0-9]{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits !== undefined && port < 65_536) return { host: ip6 ?? name, port }
  throw new OperationalError('USAGE_INVALID', 'After --listen stands a host and a port, such as 127.0.0.1:26659.')
}

function multiaddrHead(host: string): string {
  return isIPv4(host) ? `/ip4/${host}` : isIPv6(host) ? `/ip6/${host}` : `/dns/${host}`
}
