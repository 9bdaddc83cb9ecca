import type { z } from 'zod'
import { type Setting, type SettingTable, settingTables } from './setting-list.ts'

/** A page of Markdown with a table for each table of the file. */
export function renderSettingsReference(schema: z.ZodType, options: { readonly title: string; readonly intro: string }): string {
  const tables = settingTables(schema).map(renderTable)
  return `# ${options.title}\n\n${options.intro}\n\n${tables.join('\n\n')}\n`
}

function renderTable({ name, repeated, description, settings }: SettingTable): string {
  const heading = name === '' ? '## At the head of the file' : `## \`${repeated ? `[[${name}]]` : `[${name}]`}\``
  const rows = settings.map(renderRow)
  return [
    heading,
    ...(description === '' ? [] : ['', description]),
    '',
    '| key | type | default | meaning |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function renderRow({ key, type, required, defaultValue, description }: Setting): string {
  const standard = required ? '*required*' : defaultValue === undefined ? '' : `\`${cell(JSON.stringify(defaultValue))}\``
  return `| \`${key}\` | ${cell(type)} | ${standard} | ${cell(description)} |`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
