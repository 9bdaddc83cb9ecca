import { z } from 'zod'
import { ledgerParametersSchema } from '../../application/ledger/parameters.ts'
import { formatTokens } from '../../chain/amount.ts'
import { chainSpecSchema } from '../../chain/chain-spec.ts'
import { type Preset, type PresetName, presets } from '../../chain/presets.ts'
import { type BlsKeypair, provePossession } from '../../crypto/bls.ts'
import { toHex } from '../../primitives/bytes.ts'
import { renderTemplate } from '../../settings/render-template.ts'

/** All of a `chain.toml` whose application is the built-in ledger: what templates, editors and the reference show. */
export const chainFileSchema = z.strictObject({
  ...chainSpecSchema.shape,
  ledger: ledgerParametersSchema.prefault({}).describe('What the built-in ledger asks of everybody.'),
})

/** A chain about to be founded. */
export interface Founding {
  readonly preset: PresetName
  readonly name: string
  /** Milliseconds since the Unix epoch. */
  readonly genesisTime: number
  /** Name of the chain's own application; the built-in ledger unless given. */
  readonly application?: string
  readonly validators: readonly FoundingValidator[]
  readonly accounts: readonly { readonly address: string; readonly balanceUnits: bigint }[]
  /** Settings that differ from the preset's. */
  readonly consensus?: Preset['consensus']
  readonly limits?: Preset['limits']
  readonly ledger?: Partial<z.output<typeof ledgerParametersSchema>>
}

export interface FoundingValidator {
  readonly keypair: BlsKeypair
  /** Address of the account that operates it. */
  readonly operator: string
  readonly powerUnits: bigint
}

const head = [
  'The chain spec: everything in which the nodes of this network must agree. Its hash is the chain’s id, so every node needs this very content, and changing it makes another chain.',
  'Settings that are commented out have the value shown. Reference: docs/chain-toml.md. Check it with `synod config check`.',
].join('\n')

/** The text of `chain.toml`. */
export function renderChainFile(founding: Founding): string {
  const { name, genesisTime, validators, accounts } = founding
  const { application } = founding
  const preset: Preset = presets[founding.preset]
  return renderTemplate(application === undefined ? chainFileSchema : chainSpecSchema, {
    head,
    values: {
      chain: { name, genesis_time: new Date(genesisTime).toISOString() },
      consensus: { ...preset.consensus, ...founding.consensus },
      limits: { ...preset.limits, ...founding.limits },
      ...(application !== undefined && { application: { name: application } }),
      ledger: { ...ledgerOfPreset(founding.preset), ...founding.ledger },
      validators: validators.map(({ keypair, operator, powerUnits }) => ({
        consensus_key: toHex(keypair.publicKey),
        possession: toHex(provePossession(keypair)),
        power: formatTokens(powerUnits),
        operator,
      })),
      accounts: accounts.map(({ address, balanceUnits }) => ({ address, balance: formatTokens(balanceUnits) })),
    },
  })
}

/** Unbonding must outlast evidence, whose age the preset may shorten. */
function ledgerOfPreset(name: PresetName): NonNullable<Founding['ledger']> {
  const { evidence_age_blocks: age } = (presets[name] as Preset).limits
  return age === undefined ? {} : { unbonding_blocks: 2 * age }
}
