import { decodeAddress } from '../crypto/address.ts'
import { verifyPossession } from '../crypto/bls.ts'
import { type Bytes, fromHex } from '../primitives/bytes.ts'
import { deepFreeze } from '../primitives/deep-freeze.ts'
import { checkSettings, pathText } from '../settings/check-settings.ts'
import type { Checked, SettingFault } from '../settings/setting-fault.ts'
import { parseToml } from '../settings/toml-document.ts'
import type { SettingPath } from '../settings/toml-lines.ts'
import { amountMax, parseTokens } from './amount.ts'
import { isCanonicalValue } from './canonical-json.ts'
import { type ChainSpec, type ChainSpecFile, chainSpecSchema } from './chain-spec.ts'
import { contradictions } from './chain-spec-contradictions.ts'
import { parseTimestamp } from './timestamp.ts'

/** Collects what is wrong, each fault with the line of its path. */
interface Findings {
  readonly faults: SettingFault[]
  readonly blame: (path: SettingPath, complaint: string) => undefined
}

/** Reads `chain.toml`. @param where the file's name, for the faults. */
export function parseChainSpec(text: string, where: string): Checked<ChainSpec> {
  const document = parseToml(text, where)
  if (!document.ok) return document
  const { values, lineOf } = document.value
  const whereIs = (path: SettingPath) => `${where}:${lineOf(path)}`
  const { file, application, parameters } = takeApplicationTable(values)
  const checked = checkSettings(chainSpecSchema, file, whereIs)
  if (!checked.ok) return checked

  const faults: SettingFault[] = []
  const blame: Findings['blame'] = (path, complaint) => {
    faults.push({ code: 'CONFIG_INVALID_VALUE', message: `${pathText(path)} ${complaint}`, where: whereIs(path) })
    return undefined
  }
  const spec = decodeSpec(checked.value, { name: application, parameters }, { faults, blame })
  if (!isCanonicalValue(parameters)) blame([application], 'may hold texts, integers, truth values, lists and tables only.')
  for (const { path, message } of contradictions(checked.value)) {
    faults.push({ code: 'CONFIG_CONTRADICTION', message, where: whereIs(path) })
  }
  return faults.length > 0 || spec === undefined ? { ok: false, error: faults } : { ok: true, value: deepFreeze(spec) }
}

/** The application's table has a schema of its own, which is not this room's to know. */
function takeApplicationTable(values: Readonly<Record<string, unknown>>) {
  const section = values['application'] as { readonly name?: unknown } | undefined
  const application = typeof section?.name === 'string' ? section.name : 'ledger'
  if (Object.hasOwn(chainSpecSchema.shape, application)) return { file: values, application, parameters: {} }
  const { [application]: table, ...file } = values
  const isTable = typeof table === 'object' && table !== null && !Array.isArray(table)
  if (table !== undefined && !isTable) return { file: values, application, parameters: {} }
  return { file, application, parameters: (table ?? {}) as Readonly<Record<string, unknown>> }
}

function decodeSpec(file: ChainSpecFile, application: ChainSpec['application'], findings: Findings): ChainSpec | undefined {
  const { chain, consensus, limits } = file
  const { blame } = findings
  const time = parseTimestamp(chain.genesis_time)
  if (time === undefined)
    blame(['chain', 'genesis_time'], 'is not a date and time with its offset, such as 2026-01-31T12:00:00Z.')
  if (Object.hasOwn(chainSpecSchema.shape, application.name)) {
    blame(['application', 'name'], `is ${application.name}, which is the name of another table.`)
  }
  const validators = decodeValidators(file, findings)
  const accounts = decodeAccounts(file, findings)
  let total = 0n
  for (const { power } of validators) total += power
  for (const { balance } of accounts) total += balance
  if (total > amountMax) blame(['accounts'], 'and the validators hold more than 2⁶⁴ − 1 base units together.')
  if (findings.faults.length > 0 || time === undefined) return undefined
  return { chain: { ...chain, genesis_time: time }, consensus, limits, application, validators, accounts }
}

function decodeValidators({ chain, validators }: ChainSpecFile, { blame }: Findings): ChainSpec['validators'] {
  const keys = new Map<string, number>()
  const operators = new Map<string, number>()
  const networkKeys = new Map<string, number>()
  return validators.flatMap((validator, index) => {
    const path = ['validators', index]
    const consensusKey = fromHex(validator.consensus_key) as Bytes
    const possession = fromHex(validator.possession) as Bytes
    const power = parseTokens(String(validator.power))
    if (power === undefined) return blame([...path, 'power'], 'is not an amount of tokens of at most 18 446 744 073.') ?? []
    if (power === 0n) blame([...path, 'power'], 'is zero: a validator without power has no say, and is left out.')
    const twin = firstUse(keys, validator.consensus_key, index)
    if (twin !== undefined) blame([...path, 'consensus_key'], `is that of validators[${twin}]: a validator stands once.`)
    else if (!verifyPossession(consensusKey, possession)) {
      blame([...path, 'possession'], 'does not prove that the owner of consensus_key holds its secret.')
    }
    const operator = validator.operator === undefined ? undefined : decodeAddress(chain.address_prefix, validator.operator)
    if (operator && !operator.ok) blame([...path, 'operator'], addressComplaint(operator.error.code, chain.address_prefix))
    const double = validator.operator === undefined ? undefined : firstUse(operators, validator.operator, index)
    if (double !== undefined) blame([...path, 'operator'], `operates validators[${double}] already: one operator, one validator.`)
    const networkKey = decodeNetworkKey(validator, index)
    return [{ consensusKey, possession, power, operator: operator?.ok ? operator.value : undefined, networkKey }]
  })

  function decodeNetworkKey({ network_key: text, operator }: ChainSpecFile['validators'][number], index: number) {
    if (text === undefined) return undefined
    const path = ['validators', index, 'network_key']
    if (operator === undefined) blame(path, 'is delegated by the operator: the validator needs one.')
    const twin = firstUse(networkKeys, text, index)
    if (twin !== undefined) blame(path, `is that of validators[${twin}]: a network key speaks for one validator.`)
    return fromHex(text)
  }
}

function decodeAccounts({ chain, accounts }: ChainSpecFile, { blame }: Findings): ChainSpec['accounts'] {
  const addresses = new Map<string, number>()
  return accounts.flatMap((account, index) => {
    const path = ['accounts', index]
    const address = decodeAddress(chain.address_prefix, account.address)
    if (!address.ok) return blame([...path, 'address'], addressComplaint(address.error.code, chain.address_prefix)) ?? []
    const twin = firstUse(addresses, account.address, index)
    if (twin !== undefined) blame([...path, 'address'], `is that of accounts[${twin}]: an account stands once.`)
    const balance = parseTokens(String(account.balance))
    if (balance === undefined) return blame([...path, 'balance'], 'is not an amount of tokens of at most 18 446 744 073.') ?? []
    return [{ address: address.value, balance }]
  })
}

/** The index at which the name was used before, if it was. */
function firstUse(seen: Map<string, number>, name: string, index: number): number | undefined {
  const earlier = seen.get(name.toLowerCase())
  if (earlier === undefined) seen.set(name.toLowerCase(), index)
  return earlier
}

function addressComplaint(code: string, prefix: string): string {
  return code === 'ADDRESS_PREFIX'
    ? `is an address of another chain: here they begin with ${prefix}1.`
    : 'is not an address: it is mistyped or cut off.'
}
