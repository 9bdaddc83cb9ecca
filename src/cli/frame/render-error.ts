import type { OperationalError } from '../../primitives/operational-error.ts'
import type { SettingFault } from '../../settings/setting-fault.ts'

const width = 78

/** An operating fault, as a person sees it: the code and the place, what happened, what to do, where to read on. */
export function renderError(error: OperationalError): string {
  const docs = `  Docs: ${error.docs}`
  const others = faultsOf(error).slice(1)
  return [
    error.where === undefined ? error.code : `${error.code}  ${error.where}`,
    `  ${error.message}`,
    ...others.flatMap(({ code, where, message }) => [`${code}  ${where}`, `  ${message}`]),
    ...(others.length > 0 || error.message.includes('Did you mean') ? [] : [`  ${error.hint}`]),
    `${docs.padEnd(width - `exit ${error.exit}`.length)}exit ${error.exit}`,
    '',
  ].join('\n')
}

/** The same for programs, one line of JSON. */
export function renderErrorJson(error: OperationalError): string {
  const { code, message, hint, docs, exit, where } = error
  const others = faultsOf(error).slice(1)
  return `${JSON.stringify({ error: { code, message, where, hint, docs, exit, ...(others.length > 0 && { others }) } })}\n`
}

/** A configuration has all its faults with it. Asked by shape, so that showing an error loads nothing. */
function faultsOf(error: OperationalError): readonly SettingFault[] {
  return 'faults' in error ? (error.faults as readonly SettingFault[]) : []
}
