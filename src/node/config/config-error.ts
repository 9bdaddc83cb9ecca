import { OperationalError } from '../../primitives/operational-error.ts'
import type { Checked, SettingFault } from '../../settings/setting-fault.ts'

/** A configuration that cannot be used, with everything that is wrong with it. Shown by its first fault. */
class ConfigError extends OperationalError {
  readonly faults: readonly SettingFault[]

  constructor(faults: readonly SettingFault[]) {
    const [first] = faults
    super(first?.code ?? 'CONFIG_INVALID_VALUE', first?.message ?? '', { where: first?.where ?? '' })
    this.faults = faults
  }
}

/** The value, or a `ConfigError` thrown. */
export function orThrow<T>(checked: Checked<T>): T {
  if (checked.ok) return checked.value
  throw new ConfigError(checked.error)
}
