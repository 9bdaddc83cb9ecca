import type { OperationalCode } from '../primitives/error-catalogue.ts'
import type { Result } from '../primitives/result.ts'

/** What is wrong with a file of settings: an `OperationalError` in waiting, thrown by whoever may throw. */
export interface SettingFault {
  readonly code: OperationalCode & `CONFIG_${string}`
  /** One sentence for a person, with a suggestion when there is one. */
  readonly message: string
  /** File and line, `node.toml:14`; or where else the value came from. */
  readonly where: string
}

/** A value, or everything that is wrong with it, in the order of the file. At least one fault. */
export type Checked<T> = Result<T, readonly SettingFault[]>

export function faulty(...faults: readonly SettingFault[]): { readonly ok: false; readonly error: readonly SettingFault[] } {
  return { ok: false, error: faults }
}
