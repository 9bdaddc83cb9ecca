import { deepFreeze } from '../../primitives/deep-freeze.ts'
import { checkSettings } from '../../settings/check-settings.ts'
import type { Checked, SettingFault } from '../../settings/setting-fault.ts'
import { settingTables } from '../../settings/setting-list.ts'
import { valueFromText } from '../../settings/setting-text.ts'
import { didYouMean } from '../../settings/suggestion.ts'
import { parseToml } from '../../settings/toml-document.ts'
import type { SettingPath } from '../../settings/toml-lines.ts'
import { type NodeConfig, nodeConfigSchema } from './node-config.ts'
import { nodeConfigContradictions } from './node-config-contradictions.ts'

/** Where settings come from, the later the stronger: defaults, the file, the environment, the command line. */
export interface NodeConfigSources {
  /** `node.toml` and the name that faults show. Absent: defaults only. */
  readonly file?: { readonly text: string; readonly where: string }
  /** Names of the form SYNOD_P2P_PEERS; lists are written with commas. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `p2p.peers=…`, as given to `--set`. */
  readonly overrides: readonly string[]
}

export interface ResolvedNodeConfig {
  readonly config: NodeConfig
  /** For each path, such as `p2p.peers`: `default`, `node.toml:14`, `SYNOD_P2P_PEERS` or `--set`. */
  readonly origins: ReadonlyMap<string, string>
}

interface Layer {
  readonly values: Record<string, unknown>
  readonly origins: Map<string, string>
  readonly faults: SettingFault[]
}

const settings = settingTables(nodeConfigSchema).flatMap((table) => table.settings)
const paths = settings.map(({ path }) => path)
const tableNames = settingTables(nodeConfigSchema).map(({ name }) => name)

export function resolveNodeConfig(sources: NodeConfigSources): Checked<ResolvedNodeConfig> {
  const document = sources.file && parseToml(sources.file.text, sources.file.where)
  if (document && !document.ok) return document
  const layer: Layer = { values: copyTables(document?.value.values ?? {}), origins: new Map(), faults: [] }
  layEnvironment(layer, sources.environment)
  layOverrides(layer, sources.overrides)
  const inFile = (path: SettingPath): string =>
    document ? `${document.value.where}:${document.value.lineOf(path)}` : (sources.file?.where ?? 'node.toml')
  const whereIs = (path: SettingPath): string => layer.origins.get(path.slice(0, 2).join('.')) ?? inFile(path)

  const checked = checkSettings(nodeConfigSchema, layer.values, whereIs)
  const faults = [...layer.faults, ...(checked.ok ? [] : checked.error)]
  if (!checked.ok || faults.length > 0) return { ok: false, error: faults }
  const contradictions = nodeConfigContradictions(checked.value)
  if (contradictions.length > 0) {
    return {
      ok: false,
      error: contradictions.map(({ path, message }) => ({ code: 'CONFIG_CONTRADICTION', message, where: whereIs(path) })),
    }
  }
  const origins = new Map(
    paths.map((path) => [path, isGiven(layer.values, path) ? whereIs(path.split('.')) : 'default'] as const),
  )
  return { ok: true, value: { config: deepFreeze(checked.value), origins } }
}

/** The environment's name of a setting: `p2p.peers` is SYNOD_P2P_PEERS. */
function environmentNameOf(path: string): string {
  return `SYNOD_${path.replaceAll('.', '_').toUpperCase()}`
}

function layEnvironment(layer: Layer, environment: NodeConfigSources['environment']): void {
  const byName = new Map(settings.map((setting) => [environmentNameOf(setting.path), setting]))
  const prefixes = tableNames.map((name) => `SYNOD_${name.toUpperCase()}_`)
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined || !prefixes.some((prefix) => name.startsWith(prefix))) continue
    const setting = byName.get(name)
    if (setting) lay(layer, setting.path, valueFromText(setting.kind, text), name)
    else {
      const message = `Unknown setting ${name}.${didYouMean(name, byName.keys())}`
      layer.faults.push({ code: 'CONFIG_UNKNOWN_KEY', message, where: 'environment' })
    }
  }
}

function layOverrides(layer: Layer, overrides: readonly string[]): void {
  for (const override of overrides) {
    const equals = override.indexOf('=')
    const path = override.slice(0, equals < 0 ? undefined : equals).trim()
    const setting = settings.find((candidate) => candidate.path === path)
    if (!setting) {
      layer.faults.push({ code: 'CONFIG_UNKNOWN_KEY', message: `Unknown key ${path}.${didYouMean(path, paths)}`, where: '--set' })
    } else if (equals < 0) {
      layer.faults.push({
        code: 'CONFIG_INVALID_VALUE',
        message: `${path} is given no value: write --set ${path}=…`,
        where: '--set',
      })
    } else lay(layer, path, valueFromText(setting.kind, override.slice(equals + 1).trim()), '--set')
  }
}

function lay({ values, origins }: Layer, path: string, value: unknown, origin: string): void {
  const [table, key] = path.split('.') as [string, string]
  const content = values[table]
  // A file that has something else in the table's place is refused for that, whatever is laid over it.
  if (content !== undefined && !isTable(content)) return
  values[table] = { ...content, [key]: value }
  origins.set(path, origin)
}

function copyTables(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, table]) => [name, isTable(table) ? { ...table } : table]))
}

function isGiven(values: Readonly<Record<string, unknown>>, path: string): boolean {
  const [table, key] = path.split('.') as [string, string]
  const content = values[table]
  return isTable(content) && content[key] !== undefined
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
