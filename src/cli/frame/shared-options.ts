import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Console, Option } from './command.ts'

/** Options that mean the same wherever they stand. */
export const homeOption = {
  type: 'text',
  value: 'dir',
  summary: 'Home directory of the node; default SYNOD_HOME, or ~/.synod',
} as const satisfies Option
export const jsonOption = { type: 'flag', summary: 'Answer in JSON' } as const satisfies Option
export const apiOption = {
  type: 'text',
  value: 'url',
  summary: 'A node’s API; default SYNOD_API, or where this home’s node serves it',
} as const satisfies Option
export const passphraseOption = {
  type: 'text',
  value: 'file',
  summary: 'File that holds the passphrase of the keys; default SYNOD_PASSPHRASE, or the file passphrase in the home directory',
} as const satisfies Option
export const applicationOption = {
  type: 'text',
  value: 'module',
  summary: 'Module with the chain’s own application: a .ts or .js file that exports `application`',
} as const satisfies Option
export const tokenFileOption = {
  type: 'text',
  value: 'file',
  summary: 'File that holds the node’s operator token; default operator-token in the home directory',
} as const satisfies Option
export const onceOption = { type: 'flag', summary: 'Show it once, also on a terminal' } as const satisfies Option
export const intervalOption = {
  type: 'integer',
  value: 'ms',
  min: 100,
  max: 3_600_000,
  standard: 1000,
  summary: 'Time between two pictures',
} as const satisfies Option
export const setOption = {
  type: 'text',
  value: 'key=value',
  repeated: true,
  summary: 'A setting stronger than node.toml and the environment',
} as const satisfies Option

export function homeOf(given: string | undefined, { environment, workingDirectory }: Console): string {
  const home = given ?? environment['SYNOD_HOME']
  return home === undefined ? join(homedir(), '.synod') : resolve(workingDirectory, home)
}

/** The path of the module given, if one is. */
export function applicationModuleOf(given: string | undefined, { workingDirectory }: Console): string | undefined {
  return given === undefined ? undefined : resolve(workingDirectory, given)
}
