import { type Finding, failure, ok, warning } from './finding.ts'

const majorMin = 24

/** @param version as `process.versions.node` has it. */
export function judgeNodeVersion(version: string): Finding {
  const major = Number.parseInt(version, 10)
  if (major >= majorMin) return ok('node version', version)
  return failure('node version', version, `Install Node ${majorMin} or later.`)
}

/** The database keeps up to a thousand files open, and the process itself a few dozen. */
const filesOfItsOwn = 1_100

/** @param limit the most files that one process may have open; undefined where the system does not tell. */
export function judgeOpenFiles(limit: number | 'unlimited' | undefined, connectionsMax: number): Finding {
  const check = 'open files'
  if (limit === undefined)
    return warning(check, 'the limit is not known here', 'See that a process may open some thousand files.')
  // A connection that comes in is counted before it is turned away.
  const needed = filesOfItsOwn + 2 * connectionsMax
  if (limit === 'unlimited' || limit >= needed) return ok(check, `${limit} may be open, ${needed} may be needed`)
  const advice = `Raise the limit to ${needed} (ulimit -n, or LimitNOFILE of the service), or lower p2p.connections_max.`
  const found = `only ${limit} may be open, and ${needed} may be needed`
  return limit < connectionsMax + 128 ? failure(check, found, advice) : warning(check, found, advice)
}

interface SystemReport {
  readonly userLimits?: { readonly open_files?: { readonly soft?: number | string } }
}

export function openFilesLimit(): number | 'unlimited' | undefined {
  // It would look up the name of whoever is connected.
  Object.assign(process.report, { excludeNetwork: true })
  const soft = (process.report.getReport() as SystemReport).userLimits?.open_files?.soft
  if (soft === 'unlimited') return soft
  return soft === undefined || !Number.isInteger(Number(soft)) ? undefined : Number(soft)
}
