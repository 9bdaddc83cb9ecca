import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Client, createClient } from '../../client/client.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { apiAddress } from '../frame/api-address.ts'
import type { Console } from '../frame/command.ts'
import { tokenOfFile, tokenOfHome, warnOfPlainHttp } from '../frame/operator-node.ts'
import { homeOf } from '../frame/shared-options.ts'

/** A node that is asked what it saw. */
export interface AskedNode {
  readonly name: string
  readonly url: string
  readonly client: Client
}

export interface NodesOptions {
  readonly home: string | undefined
  readonly node: readonly string[]
  readonly 'token-file': readonly string[]
}

/** Those named by their addresses, each with its token file; otherwise all of a devnet's directory, or the one of a home. */
export async function nodesToAsk(options: NodesOptions, console: Console): Promise<readonly AskedNode[]> {
  const { node: urls, 'token-file': files } = options
  if (urls.length === 0 && files.length === 0) return nodesOfHome(homeOf(options.home, console), console)
  if (urls.length !== files.length)
    throw new OperationalError('USAGE_INVALID', `--node is given ${urls.length} times and --token-file ${files.length} times.`)
  return Promise.all(
    urls.map(async (given, place) => {
      const url = await apiAddress({ api: given }, console)
      warnOfPlainHttp(url, console)
      const operatorToken = await tokenOfFile(files[place] as string, console)
      return { name: new URL(url).host, url, client: createClient(url, { operatorToken }) }
    }),
  )
}

async function nodesOfHome(home: string, console: Console): Promise<readonly AskedNode[]> {
  const inside = (await readdir(home).catch(() => [])).filter((name) => /^node\d+$/.test(name))
  const names = inside.sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
  const homes = names.length > 0 ? names.map((name) => join(home, name)) : [home]
  return Promise.all(homes.map((path) => nodeOf(path, console)))
}

async function nodeOf(home: string, console: Console): Promise<AskedNode> {
  const operatorToken = await tokenOfHome(home)
  if (operatorToken === undefined)
    throw new OperationalError('OPERATOR_TOKEN_MISSING', 'There is no operator token in this home.', { where: home })
  // The environment may name one node's API; of a devnet each home says where its own is.
  const url = await apiAddress({ api: undefined, home }, { ...console, environment: {} })
  return { name: basename(home), url, client: createClient(url, { operatorToken }) }
}
