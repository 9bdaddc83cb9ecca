import type { z } from 'zod'
import type { Checked, SettingFault } from './setting-fault.ts'
import { settingPaths } from './setting-list.ts'
import { didYouMean } from './suggestion.ts'
import type { SettingPath } from './toml-lines.ts'

/**
 * Checks values against a strict schema: every fault at once, each with the place it came from, unknown keys with a suggestion.
 * @param whereIs the file and line, or other origin, of a path.
 */
export function checkSettings<S extends z.ZodType>(
  schema: S,
  values: unknown,
  whereIs: (path: SettingPath) => string,
): Checked<z.output<S>> {
  const parsed = schema.safeParse(values)
  if (parsed.success) return { ok: true, value: parsed.data }
  const known = settingPaths(schema)
  return { ok: false, error: parsed.error.issues.flatMap((issue) => faultsOf(issue, known, values, whereIs)) }
}

function faultsOf(
  issue: z.core.$ZodIssue,
  known: readonly string[],
  values: unknown,
  whereIs: (path: SettingPath) => string,
): readonly SettingFault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key]
      const message = `Unknown key ${pathText(path)}.${didYouMean(pathText(withoutIndices(path)), known)}`
      return { code: 'CONFIG_UNKNOWN_KEY', message, where: whereIs(path) }
    })
  }
  const given = valueAt(values, issue.path)
  if (given === undefined) {
    return [{ code: 'CONFIG_MISSING_KEY', message: `${pathText(issue.path)} is missing.`, where: whereIs(issue.path) }]
  }
  const message = `${pathText(issue.path)} ${complaint(issue, given)}`
  return [{ code: 'CONFIG_INVALID_VALUE', message, where: whereIs(issue.path) }]
}

/** What is wrong, in words that end the sentence which the setting's name begins. Never shows more than the head of the value. */
function complaint(issue: z.core.$ZodIssue, given: unknown): string {
  const shown = show(given)
  switch (issue.code) {
    case 'invalid_value':
      return `is ${shown}; it must be ${issue.values.map(show).join(' or ')}.${didYouMean(String(given), issue.values.map(String))}`
    case 'too_small':
      return issue.origin === 'array' ? `has fewer than ${issue.minimum} entries.` : `is ${shown}; the least is ${issue.minimum}.`
    case 'too_big':
      return issue.origin === 'array' ? `has more than ${issue.maximum} entries.` : `is ${shown}; the most is ${issue.maximum}.`
    case 'invalid_type':
      return `is ${shown}; it must be ${issue.expected === 'int' ? 'an integer' : article(issue.expected)}.`
    case 'invalid_format':
      return `is ${shown}; it must be ${formatInWords(issue)}.`
    case 'invalid_union':
      return `is ${shown}; ${unionInWords(issue)}.`
    default:
      return `is ${shown}: ${issue.message}.`
  }
}

/** A pattern's own message says what it stands for; the library's says nothing. */
function formatInWords(issue: z.core.$ZodIssue): string {
  return issue.message.startsWith('Invalid') ? 'of another form' : issue.message
}

function unionInWords(issue: z.core.$ZodIssueInvalidUnion): string {
  const inner = issue.errors.flat().find(({ code }) => code !== 'invalid_type')
  return `it must be ${inner ? formatInWords(inner) : 'of another type'}`
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text in quotes',
  number: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'a table',
}

function article(expected: string): string {
  return typeNames[expected] ?? `of type ${expected}`
}

const shownMax = 48

function show(value: unknown): string {
  const text =
    typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'a list' : 'a table') : String(JSON.stringify(value))
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text
}

export function pathText(path: SettingPath): string {
  let text = ''
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${String(part)}`
  return text
}

function withoutIndices(path: SettingPath): SettingPath {
  return path.filter((part) => typeof part !== 'number')
}

function valueAt(values: unknown, path: SettingPath): unknown {
  let value = values
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<PropertyKey, unknown>)[part]
  }
  return value
}
