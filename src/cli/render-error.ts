import { OperationalError } from '../primitives/operational-error.ts'

/** What a person sees when a command fails: what happened, where, what to do next; never a stack, unless the fault is ours. */
export function renderError(error: unknown, json: boolean): { readonly text: string; readonly exit: number } {
  if (error instanceof OperationalError) {
    const { code, message, where, hint, docs, exit } = error
    if (json) return { text: JSON.stringify({ error: { code, message, where: where ?? null, hint, docs, exit } }), exit }
    const head = where === undefined ? code : `${code}  ${where}`
    const cause = error.cause instanceof Error && error.cause.message !== '' ? [`  ${error.cause.message}`] : []
    const foot = `  Docs: ${docs}`
    return { text: [head, `  ${message}`, ...cause, `  ${hint}`, `${foot.padEnd(68)} exit ${exit}`].join('\n'), exit }
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (json) return { text: JSON.stringify({ error: { code: 'INTERNAL', message: text, where: null, exit: 70 } }), exit: 70 }
  return { text: `INTERNAL\n  This is a fault of Synod itself. Please report it with what follows.\n${text}`, exit: 70 }
}
