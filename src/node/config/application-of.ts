import type { Application } from '../../application/application.ts'
import { readLedgerGenesis } from '../../application/ledger/genesis.ts'
import { ledgerApplication } from '../../application/ledger/ledger-application.ts'
import { ledgerParametersSchema } from '../../application/ledger/parameters.ts'
import { type ChainSpec, chainIdOf } from '../../chain/chain-spec.ts'
import { genesisOf } from '../../chain/genesis.ts'
import { checkSettings } from '../../settings/check-settings.ts'
import { type Checked, faulty } from '../../settings/setting-fault.ts'
import { didYouMean } from '../../settings/suggestion.ts'
import type { SettingPath } from '../../settings/toml-lines.ts'
import type { ApplicationMaker } from './application-module.ts'

/** Makes the application a chain spec names, or says why the spec cannot be its. */
export type ApplicationFactory = (spec: ChainSpec, whereIs: (path: SettingPath) => string) => Checked<Application>

/** The applications that come with Synod. */
const builtInApplications: Readonly<Record<string, ApplicationFactory>> = { ledger: ledgerOf }

/** @param own the chain builder's own application, where the node is given one. */
export function applicationOf(
  spec: ChainSpec,
  whereIs: (path: SettingPath) => string,
  own?: ApplicationMaker,
): Checked<Application> {
  const { name } = spec.application
  if (own?.name === name) return { ok: true, value: own.create({ chainId: chainIdOf(spec), spec }) }
  if (own) {
    const message = `application.name is ${name}, and the application this node is given is ${own.name}.`
    return faulty({ code: 'CONFIG_CONTRADICTION', message, where: whereIs(['application', 'name']) })
  }
  const factory = Object.hasOwn(builtInApplications, name) ? builtInApplications[name] : undefined
  if (factory) return factory(spec, whereIs)
  const message = `application.name is ${name}, which does not come with Synod: name its module in node.application of node.toml.${didYouMean(name, Object.keys(builtInApplications))}`
  return faulty({ code: 'CONFIG_INVALID_VALUE', message, where: whereIs(['application', 'name']) })
}

function ledgerOf(spec: ChainSpec, whereIs: (path: SettingPath) => string): Checked<Application> {
  const inLedger = (path: SettingPath) => whereIs(['ledger', ...path])
  const checked = checkSettings(ledgerParametersSchema, spec.application.parameters, inLedger)
  if (!checked.ok) {
    return faulty(...checked.error.map((fault) => ({ ...fault, message: withTable(fault.message) })))
  }
  const parameters = checked.value
  const { evidence_age_blocks: age } = spec.limits
  if (parameters.unbonding_blocks <= age) {
    const message = `ledger.unbonding_blocks is ${parameters.unbonding_blocks}, not more than limits.evidence_age_blocks (${age}): stake could leave before its misdeeds are punished.`
    return faulty({ code: 'CONFIG_CONTRADICTION', message, where: inLedger(['unbonding_blocks']) })
  }
  const { appState, validators } = genesisOf(spec)
  const addressPrefix = spec.chain.address_prefix
  const genesis = readLedgerGenesis({ appState, addressPrefix, validators, parameters })
  if (!genesis.ok) {
    const message = `The ledger cannot begin like this: ${genesis.error}.`
    return faulty({ code: 'CONFIG_CONTRADICTION', message, where: whereIs(['validators']) })
  }
  const options = { chainId: chainIdOf(spec), addressPrefix, parameters, evidenceAgeBlocks: age, chain: spec }
  return { ok: true, value: ledgerApplication(options) as Application }
}

/** The ledger's schema does not know under which name it stands in the file. */
function withTable(message: string): string {
  return message.startsWith('Unknown key ')
    ? message.replace('Unknown key ', 'Unknown key ledger.').replace('Did you mean ', 'Did you mean ledger.')
    : `ledger.${message}`
}
