import type { Command, Option } from '../frame/command.ts'
import { commonOptions } from '../frame/parse-command-line.ts'

/** One `_arguments` for each command, reached through its one or two words. */
export function zshCompletion(commands: readonly Command[]): string {
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ', 1)[0] as string))]
  const described = firsts.map((first) => {
    const exact = commands.find(({ name }) => name === first)
    return `    ${quote(`${first}:${exact?.summary ?? `Commands of synod ${first}`}`)}`
  })
  const cases = firsts.map((first) => `    ${first})\n${caseOf(first, commands)}\n      ;;`)
  return `#compdef synod
# Completion of synod for zsh. Store it as _synod in a directory of $fpath.
_synod() {
  local -a commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
_synod "$@"
`
}

function caseOf(first: string, commands: readonly Command[]): string {
  const own = commands.find(({ name }) => name === first)
  if (own) return `      shift words; (( CURRENT-- ))\n${argumentsOf(own, '      ')}`
  const members = commands.filter(({ name }) => name.startsWith(`${first} `))
  const seconds = members.map(({ name, summary }) => quote(`${name.slice(first.length + 1)}:${summary}`))
  const inner = members.map(
    (member) => `        ${member.name.slice(first.length + 1)})\n${argumentsOf(member, '          ')}\n          ;;`,
  )
  return [
    `      local -a members=(${seconds.join(' ')})`,
    '      if (( CURRENT == 3 )); then _describe command members; return; fi',
    '      local member="$words[3]"',
    '      shift 2 words; (( CURRENT -= 2 ))',
    '      case "$member" in',
    ...inner,
    '      esac',
  ].join('\n')
}

function argumentsOf({ options }: Command, indent: string): string {
  const specs = Object.entries({ ...options, ...commonOptions }).map(([name, option]) => quote(spec(name, option)))
  return `${indent}_arguments ${[...specs, quote('*:file:_files')].join(' ')}`
}

function spec(name: string, { type, summary, value, choices, repeated }: Option): string {
  const head = `${repeated ? '*' : ''}--${name}[${summary.replace(/[[\]]/g, '')}]`
  if (type === 'flag') return head
  return `${head}:${value ?? name}:${choices ? `(${choices.join(' ')})` : '_files'}`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
