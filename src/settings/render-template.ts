import type { z } from 'zod'
import { type Setting, type SettingTable, settingTables } from './setting-list.ts'

export type SettingValues = Readonly<Record<string, unknown>>

const width = 110

/**
 * A commented TOML file with every setting of the schema: those in `values` set, the others as comments that show the default.
 * @param head what the file is for, in its first lines.
 */
export function renderTemplate(schema: z.ZodType, options: { readonly head: string; readonly values?: SettingValues }): string {
  const { head, values = {} } = options
  const tables = settingTables(schema).map((table) => renderTable(table, table.name === '' ? values : values[table.name]))
  return `${[comment(head), ...tables].join('\n\n')}\n`
}

/** Settings of a table that is written as it is, without comments: such tables may be many. */
function renderPlainTable(header: string, values: SettingValues): string {
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${tomlValue(value)}`)
  return [header, ...lines].join('\n')
}

function renderTable(table: SettingTable, values: unknown): string {
  const { name, repeated, description, settings } = table
  const intro = description === '' ? [] : [comment(description)]
  if (!repeated) {
    const body = settings.map((setting) => renderSetting(setting, (values as SettingValues | undefined)?.[setting.key]))
    return [...intro, ...(name === '' ? [] : [`[${name}]`]), ...body].join('\n')
  }
  const keys = settings.map(({ key, description: text }) => comment(`${key}: ${text}`))
  const elements = ((values as readonly SettingValues[] | undefined) ?? []).map((element) =>
    renderPlainTable(`[[${name}]]`, element),
  )
  return [[...intro, ...keys].join('\n'), ...(elements.length > 0 ? elements : [`# [[${name}]]`])].join('\n\n')
}

function renderSetting({ key, type, required, defaultValue, description }: Setting, value: unknown): string {
  const remark = comment(`${description} (${type}${required ? ', required' : ''})`)
  if (value !== undefined) return `${remark}\n${key} = ${tomlValue(value)}`
  return `${remark}\n# ${key} = ${defaultValue === undefined ? '' : tomlValue(defaultValue)}`.trimEnd()
}

function comment(text: string): string {
  return text
    .split('\n')
    .flatMap((line) => wrapped(line))
    .map((line) => `# ${line}`.trimEnd())
    .join('\n')
}

function wrapped(line: string): readonly string[] {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current]
}

/** Texts, integers, truth values and lists of them. JSON's escapes are TOML's. */
export function tomlValue(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(tomlValue).join(', ')}]` : JSON.stringify(value)
}
