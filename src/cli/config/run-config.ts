import { resolve } from 'node:path'
import { type LoadedChain, loadChain } from '../../node/config/load-chain.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { toHex } from '../../primitives/bytes.ts'
import { tomlValue } from '../../settings/render-template.ts'
import { aligned, answer } from '../frame/answer.ts'
import type { Console } from '../frame/command.ts'
import { applicationModuleOf, homeOf } from '../frame/shared-options.ts'

interface ConfigInvocation {
  readonly console: Console
  readonly options: { readonly home: string | undefined; readonly set: readonly string[]; readonly json: boolean }
}

export async function showConfig(
  invocation: ConfigInvocation & { readonly options: { readonly origin: boolean } },
): Promise<number> {
  const { console, options } = invocation
  const { config, origins } = await loadHome(invocation)
  const tables = config as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>
  const settings = [...origins].map(([path, origin]) => {
    const [table = '', key = ''] = path.split('.')
    return { path, value: tables[table]?.[key] ?? null, origin }
  })
  const lines = settings.map(({ path, value, origin }): [string, string] => [
    `${path} = ${value === null ? '(not set)' : tomlValue(value)}`,
    options.origin ? `# ${origin}` : '',
  ])
  answer(console, options.json, options.origin ? { settings } : config, aligned(lines))
  return 0
}

export async function checkConfig(
  invocation: ConfigInvocation & {
    readonly options: { readonly chain: string | undefined; readonly application: string | undefined }
  },
): Promise<number> {
  const { console, options } = invocation
  const alone = options.chain !== undefined
  const applicationModule = applicationModuleOf(options.application, console)
  const home = alone
    ? { chainFile: resolve(console.workingDirectory, options.chain), applicationModule: undefined }
    : await loadHome(invocation)
  const chain = await loadChain(applicationModule === undefined ? home : { ...home, applicationModule })
  const summary = summaryOf(chain)
  answer(console, options.json, { ok: true, ...summary }, [
    ...aligned(Object.entries(summary).map(([term, meaning]) => [term, String(meaning)])),
    alone ? 'The chain spec is good.' : 'The configuration is good.',
  ])
  return 0
}

function loadHome({ console, options }: ConfigInvocation) {
  return loadNodeConfig({ home: homeOf(options.home, console), environment: console.environment, overrides: options.set })
}

function summaryOf({ spec, chainId }: LoadedChain) {
  return {
    chain: spec.chain.name,
    chainId: toHex(chainId),
    application: spec.application.name,
    genesisTime: new Date(spec.chain.genesis_time).toISOString(),
    validators: spec.validators.length,
    accounts: spec.accounts.length,
  }
}
