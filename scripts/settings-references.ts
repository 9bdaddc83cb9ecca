import { chainFileSchema } from '../src/node/config/chain-file.ts'
import { nodeConfigSchema } from '../src/node/config/node-config.ts'
import { renderSettingsReference } from '../src/settings/render-settings-reference.ts'
import { jsonSchemaOf } from '../src/settings/setting-list.ts'

/** `docs/chain-toml.md`: everything in which nodes must agree. */
export function chainReference(): string {
  return renderSettingsReference(chainFileSchema, {
    title: 'chain.toml',
    intro: `<!-- Generated from src/chain/chain-spec.ts and src/application/ledger/parameters.ts by \`npm run docs\`. -->

The chain spec: everything in which the nodes of a network must agree. Its canonical form is hashed into the chain's id
([spec/chain-spec.md](spec/chain-spec.md)), so every node needs the same content, and changing it makes another chain. \`synod init\`
writes one from a preset; \`synod config check --chain chain.toml\` checks one. Amounts named *tokens* are integers or texts with up to
nine decimals; those named *base units* are 10⁹ to a token. Editors complete and check the file with
[schema/chain.schema.json](schema/chain.schema.json).`,
  })
}

/** `docs/node-toml.md`: what each operator decides alone. */
export function nodeReference(): string {
  return renderSettingsReference(nodeConfigSchema, {
    title: 'node.toml',
    intro: `<!-- Generated from src/node/config/node-config.ts by \`npm run docs\`. -->

The configuration of one node: nothing in it has to be the same on two nodes. Stronger than the file are the environment, where
\`p2p.peers\` is \`SYNOD_P2P_PEERS\` and lists are written with commas, and \`--set p2p.peers=…\` on the command line, in this order.
\`synod config show --origin\` shows what is in force and why. Editors complete and check the file with
[schema/node.schema.json](schema/node.schema.json).`,
  })
}

export function chainJsonSchema(): string {
  return `${JSON.stringify({ title: 'chain.toml of Synod', ...jsonSchemaOf(chainFileSchema) }, null, 2)}\n`
}

export function nodeJsonSchema(): string {
  return `${JSON.stringify({ title: 'node.toml of Synod', ...jsonSchemaOf(nodeConfigSchema) }, null, 2)}\n`
}
