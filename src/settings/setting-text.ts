import type { SettingKind } from './setting-list.ts'

/**
 * The value of a setting given as text, by `--set` or the environment. A list is written with commas. What does not read as its kind
 * stays a text, for the schema to refuse in its own words.
 */
export function valueFromText(kind: SettingKind, text: string): unknown {
  switch (kind) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'integer':
    case 'text or integer':
      return /^-?[0-9][0-9_]*$/.test(text) ? Number(text.replaceAll('_', '')) : text
    case 'list':
      return text === '' ? [] : text.split(',').map((item) => item.trim())
    case 'text':
      return text
  }
}
