import { join, resolve } from 'node:path'
import { type Client, createClient } from '../../client/client.ts'
import { homeFiles } from '../../node/config/node-home.ts'
import { readOperatorToken } from '../../node/config/operator-token.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { apiAddress } from './api-address.ts'
import type { Console } from './command.ts'
import { homeOf } from './shared-options.ts'

/** A node's API, with its operator token where that was found. */
export interface OperatorNode {
  readonly url: string
  readonly client: Client
  readonly hasToken: boolean
}

export interface OperatorNodeOptions {
  readonly api: string | undefined
  readonly home: string | undefined
  readonly 'token-file': string | undefined
}

/** The node that is named, and the token of its home; without a token it tells only what everybody may know. */
export async function findOperatorNode(options: OperatorNodeOptions, console: Console): Promise<OperatorNode> {
  const url = await apiAddress(options, console)
  const token = await findToken(options, console)
  if (token !== undefined) warnOfPlainHttp(url, console)
  return { url, client: createClient(url, { operatorToken: token }), hasToken: token !== undefined }
}

/** The same for what only the operator may do. Throws OPERATOR_TOKEN_MISSING. */
export async function requireOperatorNode(options: OperatorNodeOptions, console: Console): Promise<OperatorNode> {
  const node = await findOperatorNode(options, console)
  if (!node.hasToken) throw tokenMissing(`There is no operator token for ${node.url}.`)
  return node
}

export async function tokenOfHome(home: string): Promise<string | undefined> {
  return readOperatorToken(join(home, homeFiles.operatorToken))
}

/** The token in a file that was named. Throws OPERATOR_TOKEN_MISSING where there is none. */
export async function tokenOfFile(file: string, { workingDirectory }: Console): Promise<string> {
  const path = resolve(workingDirectory, file)
  const token = await readOperatorToken(path)
  if (token === undefined) throw tokenMissing('There is no such file.', path)
  return token
}

/** What the token opens belongs to whoever reads it on its way. */
export function warnOfPlainHttp(url: string, console: Console): void {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || isLoopback(hostname)) return
  console.err(`The operator token travels to ${hostname} unencrypted: reach the node through a tunnel instead.\n`)
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}

/** A node that was named by its address is not shown the token of a home that nobody named: it may be somebody else's node. */
async function findToken(options: OperatorNodeOptions, console: Console): Promise<string | undefined> {
  const { environment } = console
  if (options['token-file'] !== undefined) return tokenOfFile(options['token-file'], console)
  const isAddressNamed = (options.api ?? environment['SYNOD_API']) !== undefined
  const isHomeNamed = (options.home ?? environment['SYNOD_HOME']) !== undefined
  return isAddressNamed && !isHomeNamed ? undefined : tokenOfHome(homeOf(options.home, console))
}

function tokenMissing(message: string, where?: string): OperationalError {
  return new OperationalError('OPERATOR_TOKEN_MISSING', message, where === undefined ? {} : { where })
}
