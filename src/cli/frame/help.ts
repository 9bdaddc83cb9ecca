import type { Command, Option } from './command.ts'
import { commonOptions } from './parse-command-line.ts'

/** `synod --help`, or of a group such as `keys`. */
export function commandsHelp(commands: readonly Command[], group = ''): string {
  const shown = commands.filter(({ name }) => group === '' || name.startsWith(`${group} `))
  const intro = group === '' ? 'Synod: found and run your own blockchain network.' : `Commands of synod ${group}.`
  return [
    intro,
    '',
    `Usage: synod ${group === '' ? '' : `${group} `}<command> [options]`,
    '',
    'Commands:',
    ...columns(shown.map(({ name, summary }) => [name, summary])),
    '',
    'synod <command> --help tells more about each.',
    '',
  ].join('\n')
}

/** `synod init --help`. */
export function commandHelp(command: Command): string {
  const { name, summary, details, examples } = command
  const described = (command.arguments ?? []).map((argument): Row => [`<${argument.name}>`, argument.summary])
  const options = Object.entries({ ...command.options, ...commonOptions }).map(
    ([option, value]): Row => [optionTerm(option, value), optionMeaning(value)],
  )
  return [
    `${summary}.`,
    '',
    `Usage: ${usageLine(command)}`,
    ...(details ? ['', ...details.split('\n').flatMap((paragraph) => wrap(paragraph, widthMax))] : []),
    ...(described.length > 0 ? ['', 'Arguments:', ...columns(described)] : []),
    '',
    'Options:',
    ...columns(options),
    ...(examples.length > 0 ? ['', 'Examples:', ...examples.flatMap(({ line, shows }) => [`  # ${shows}`, `  ${line}`])] : []),
    '',
    `Docs: docs/cli.md#synod-${name.replaceAll(' ', '-')}`,
    '',
  ].join('\n')
}

export function usageLine(command: Command): string {
  const words = (command.arguments ?? []).map(({ name, optional }) => (optional ? `[${name}]` : `<${name}>`))
  const required = Object.entries(command.options).filter(([, option]) => option.required)
  return ['synod', command.name, ...words, ...required.map(([name, option]) => optionTerm(name, option)), '[options]'].join(' ')
}

export function optionTerm(name: string, { type, value }: Option): string {
  return type === 'flag' ? `--${name}` : `--${name} <${value ?? (type === 'integer' ? 'n' : 'text')}>`
}

export function optionMeaning({ summary, choices, standard, repeated }: Option): string {
  const remarks = [
    ...(choices ? [choices.join(', ')] : []),
    ...(standard === undefined ? [] : [`default ${standard}`]),
    ...(repeated ? ['may be repeated'] : []),
  ]
  return remarks.length === 0 ? summary : `${summary} (${remarks.join('; ')})`
}

type Row = readonly [term: string, meaning: string]

const widthMax = 100

function columns(rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(([term]) => term.length))
  return rows.flatMap(([term, meaning]) => {
    const lines = wrap(meaning, widthMax - width - 4)
    return lines.map((line, index) => `  ${(index === 0 ? term : '').padEnd(width)}  ${line}`)
  })
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current]
}
