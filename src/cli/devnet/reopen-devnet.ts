import { access, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { loadKeyFile } from '../../adapters/file/key-file.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { homeFiles } from '../../node/config/node-home.ts'
import type { Console } from '../frame/command.ts'
import { readPassphrase } from '../frame/passphrase.ts'
import { account, type Devnet, type DevnetAccount, type DevnetHome } from './found-devnet.ts'

/** The devnet that lies in a directory; `undefined` where there is none. */
export async function reopenDevnet(directory: string, console: Console): Promise<Devnet | undefined> {
  const names = await readdir(directory).catch(() => [])
  const homes = names.filter((name) => /^node\d+$/.test(name)).sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
  const [first] = homes
  if (first === undefined) return undefined
  const nodes = await Promise.all(homes.map((name) => readHome(join(directory, name))))
  return { nodes, accounts: await readHomeAccounts(join(directory, first), console) }
}

async function readHome(home: string): Promise<DevnetHome> {
  const { config } = await loadNodeConfig({ home })
  return { name: basename(home), home, url: `http://127.0.0.1:${config.api.port}` }
}

/** The accounts in a devnet node's home. */
export async function readHomeAccounts(home: string, console: Console): Promise<DevnetAccount[]> {
  const directory = join(home, homeFiles.accounts)
  await access(directory)
  const passphrase = await readPassphrase({ home, file: undefined, console })
  const files = (await readdir(directory)).filter((file) => file.endsWith('.key')).sort((a, b) => (a < b ? -1 : 1))
  const accounts: DevnetAccount[] = []
  for (const file of files) {
    const seed = await loadKeyFile({ path: join(directory, file), kind: 'account', passphrase })
    if (seed) accounts.push(account(basename(file, '.key'), seed))
  }
  return accounts
}
