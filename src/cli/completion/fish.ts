import type { Command, Option } from '../frame/command.ts'
import { commonOptions } from '../frame/parse-command-line.ts'

/** A line for each word and each option, with the condition under which it is offered. */
export function fishCompletion(commands: readonly Command[]): string {
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ', 1)[0] as string))]
  const lines = firsts.flatMap((first) => {
    const exact = commands.find(({ name }) => name === first)
    const members = commands.filter(({ name }) => name.startsWith(`${first} `))
    const seconds = members.map(({ name }) => name.slice(first.length + 1))
    const chosen = `__fish_seen_subcommand_from ${first}`
    return [
      line('__fish_use_subcommand', `-a ${first}`, exact?.summary ?? `Commands of synod ${first}`),
      ...(exact ? optionLines(exact, chosen) : []),
      ...members.flatMap((member, index) => [
        line(`${chosen}; and not __fish_seen_subcommand_from ${seconds.join(' ')}`, `-a ${seconds[index]}`, member.summary),
        ...optionLines(member, `${chosen}; and __fish_seen_subcommand_from ${seconds[index]}`),
      ]),
    ]
  })
  return `# Completion of synod for fish. Store it as ~/.config/fish/completions/synod.fish\n${lines.join('\n')}\n`
}

function optionLines({ options }: Command, condition: string): readonly string[] {
  return Object.entries({ ...options, ...commonOptions }).map(([name, option]: [string, Option]) => {
    const value = option.type === 'flag' ? '' : option.choices ? ` -x -a "${option.choices.join(' ')}"` : ' -r'
    return line(condition, `-l ${name}${value}`, option.summary)
  })
}

function line(condition: string, what: string, summary: string): string {
  return `complete -c synod -n '${condition}' ${what} -d '${summary.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
