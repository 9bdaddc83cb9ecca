import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createKeyFile } from '../../adapters/file/key-file.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import type { SealCost } from '../../crypto/seal.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { renderTemplate, type SettingValues } from '../../settings/render-template.ts'
import { nodeConfigSchema } from './node-config.ts'
import { readOrMakeOperatorToken } from './operator-token.ts'

/** How a home directory is laid out, unless `node.toml` says otherwise. */
export const homeFiles = {
  node: 'node.toml',
  chain: 'chain.toml',
  keys: 'keys',
  peerKey: join('keys', 'peer.key'),
  validatorKey: join('keys', 'validator.key'),
  accounts: join('keys', 'accounts'),
  passphrase: 'passphrase',
  operatorToken: 'operator-token',
} as const

export interface NewHome {
  readonly home: string
  readonly chainText: string
  /** Settings that differ from the defaults, by table. */
  readonly settings: SettingValues
  /** 32 bytes each. No validator key: the node only follows. */
  readonly seeds: { readonly peer: Bytes; readonly validator?: Bytes | undefined }
  readonly passphrase: string
  /** Keep the passphrase beside the keys, so that the node can start by itself. */
  readonly storePassphrase: boolean
  /** How hard guessing the passphrase is made; less is enough for a passphrase nobody chose. */
  readonly keyCost?: SealCost
}

const head = [
  'The configuration of this node. Nothing here has to be the same on two nodes. Settings that are commented out have the value shown.',
  'Stronger than this file are the environment (p2p.peers is SYNOD_P2P_PEERS) and `--set p2p.peers=…`, in this order.',
  'Reference: docs/node-toml.md. See what is in force with `synod config show --origin`.',
].join('\n')

/** Makes a node's home. Nothing that exists is overwritten: throws CONFIG_FILE_EXISTS before anything is written. */
export async function createNodeHome(options: NewHome): Promise<void> {
  const { home, seeds, passphrase } = options
  const keys = [
    { kind: 'peer', path: join(home, homeFiles.peerKey), seed: seeds.peer },
    { kind: 'validator', path: join(home, homeFiles.validatorKey), seed: seeds.validator },
  ] as const
  await refuseExistingHome(home)
  await mkdir(join(home, homeFiles.keys), { recursive: true, mode: 0o700 })
  if (options.storePassphrase) await storePassphrase(home, passphrase)
  for (const { kind, path, seed } of keys) {
    if (
      seed &&
      !(await createKeyFile({
        path,
        kind,
        passphrase,
        seed,
        entropy: systemEntropy,
        ...(options.keyCost && { cost: options.keyCost }),
      }))
    )
      throw exists(path)
  }
  await readOrMakeOperatorToken(join(home, homeFiles.operatorToken))
  await writeNew(join(home, homeFiles.chain), options.chainText)
  await writeNew(join(home, homeFiles.node), renderTemplate(nodeConfigSchema, { head, values: options.settings }))
}

/** The passphrase in a file of its own, readable by its owner alone. Left as it is when there is one already. */
async function storePassphrase(home: string, passphrase: string): Promise<void> {
  const path = join(home, homeFiles.passphrase)
  try {
    await writeNew(path, `${passphrase}\n`, 0o600)
  } catch (error) {
    const known = error instanceof OperationalError && (await readFile(path, 'utf8').catch(() => undefined))
    if (known !== `${passphrase}\n`) throw error
  }
}

/** Throws CONFIG_FILE_EXISTS where a node lives already. */
export async function refuseExistingHome(home: string): Promise<void> {
  for (const name of [homeFiles.node, homeFiles.chain, homeFiles.peerKey, homeFiles.validatorKey]) {
    const path = join(home, name)
    const there = await open(path).catch(() => undefined)
    if (!there) continue
    await there.close()
    throw exists(path)
  }
}

async function writeNew(path: string, text: string, mode = 0o644): Promise<void> {
  try {
    const file = await open(path, 'wx', mode)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw code === 'EEXIST' ? exists(path) : new OperationalError('DISK_FAILED', message, { where: path, cause })
  }
}

function exists(path: string): OperationalError {
  return new OperationalError('CONFIG_FILE_EXISTS', 'The file exists already.', { where: path })
}
