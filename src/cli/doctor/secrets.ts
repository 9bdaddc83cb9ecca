import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeHome } from '../../node/config/load-node-config.ts'
import { homeFiles } from '../../node/config/node-home.ts'
import { type Finding, failure, ok, warning } from './finding.ts'

/** A file that nobody but the node's user should be able to read. */
export interface SecretFile {
  readonly path: string
  /** The permission bits; absent: there is no such file. */
  readonly mode?: number
  readonly owner?: number
  readonly isRequired: boolean
}

/** @param user who asks; undefined where files have no owners, as on Windows. */
export function judgeSecrets(files: readonly SecretFile[], user: number | undefined): readonly Finding[] {
  const check = 'key files'
  const findings = files.flatMap(({ path, mode, owner, isRequired }): readonly Finding[] => {
    if (mode === undefined) return isRequired ? [failure(check, `${path} is missing`, 'Make the home with synod init.')] : []
    if (user === undefined) return []
    if ((mode & 0o077) !== 0)
      return [failure(check, `${path} has mode ${mode.toString(8)}: others can use it`, `Run chmod 600 ${path}.`)]
    if (owner !== user && user !== 0)
      return [
        failure(
          check,
          `${path} belongs to user ${owner}, not to ${user}`,
          `Run chown ${user} ${path}, or run the node as ${owner}.`,
        ),
      ]
    return []
  })
  if (findings.length > 0) return findings
  const there = files.filter(({ mode }) => mode !== undefined).length
  return user === undefined
    ? [warning(check, `${there} are there`, 'See in their properties that nobody else may read them.')]
    : [ok(check, `${there}, and only their owner can read them`)]
}

export async function measureSecrets({ home, keysDirectory, webSocketCertificate }: NodeHome): Promise<readonly SecretFile[]> {
  const accounts = join(keysDirectory, 'accounts')
  const names = await readdir(accounts).catch((): string[] => [])
  const paths = [
    join(keysDirectory, 'validator.key'),
    join(home, homeFiles.passphrase),
    join(home, homeFiles.operatorToken),
    ...names.filter((name) => name.endsWith('.key')).map((name) => join(accounts, name)),
    ...(webSocketCertificate ? [webSocketCertificate.key] : []),
  ]
  const files = paths.map((path) => ({ path, isRequired: path === webSocketCertificate?.key }))
  return Promise.all([{ path: join(keysDirectory, 'peer.key'), isRequired: true }, ...files].map(look))
}

async function look(file: { readonly path: string; readonly isRequired: boolean }): Promise<SecretFile> {
  const there = await stat(file.path).catch(() => undefined)
  return there ? { ...file, mode: there.mode & 0o777, owner: there.uid } : file
}
