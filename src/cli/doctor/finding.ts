/** What was found of one thing, and what to do about it. */
export interface Finding {
  readonly check: string
  readonly level: Level
  readonly found: string
  /** One sentence; none where nothing is to be done. */
  readonly advice?: string
}

/** `warning`: the node runs, and worse than it could, or nobody can tell. `failure`: it does not run, or soon will not. */
export type Level = 'ok' | 'warning' | 'failure'

export const ok = (check: string, found: string): Finding => ({ check, level: 'ok', found })
export const warning = (check: string, found: string, advice: string): Finding => ({ check, level: 'warning', found, advice })
export const failure = (check: string, found: string, advice: string): Finding => ({ check, level: 'failure', found, advice })

/** A check whose measurement fails says so: that is a finding too. */
export async function examine(check: string, measure: () => Promise<readonly Finding[] | Finding>): Promise<readonly Finding[]> {
  try {
    const found = await measure()
    return Array.isArray(found) ? found : [found as Finding]
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [warning(check, `could not be checked: ${message}`, 'Mend what the message names, and run synod doctor again.')]
  }
}
