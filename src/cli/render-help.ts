import type { Command, Option } from './command.ts'
import { commonOptions } from './parse-invocation.ts'

export function renderOverview(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`)
  return [
    `synod ${version}: found and run your own blockchain network`,
    '',
    'Usage: synod <command> [options]',
    '',
    ...lines,
    '',
    'synod <command> --help tells more of each.',
  ].join('\n')
}

export function renderHelp(command: Command): string {
  const options = { ...command.options, ...commonOptions }
  const heads = Object.entries(options).map(([name, option]) => ({ head: optionHead(name, option), option: option as Option }))
  const width = Math.max(...heads.map(({ head }) => head.length)) + 2
  const lines = heads.map(({ head, option }) => {
    const fallback = option.default === undefined ? '' : ` [${option.default}]`
    return `  ${head.padEnd(width)}${option.summary}${fallback}`
  })
  const positionals = (command.positionals ?? []).map((name) => (name.startsWith('[') ? name : `<${name}>`))
  return [
    command.summary,
    '',
    `Usage: ${['synod', command.name, ...positionals, '[options]'].join(' ')}`,
    '',
    ...lines,
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
  ].join('\n')
}

function optionHead(name: string, option: Option): string {
  const short = option.short === undefined ? '' : `-${option.short}, `
  return `${short}--${name}${option.value === undefined ? '' : ` <${option.value}>`}`
}
