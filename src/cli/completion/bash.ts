import type { Command } from '../frame/command.ts'
import { commonOptions } from '../frame/parse-command-line.ts'

/** Words, then the options of the command they name; values of options with choices; files for the rest. */
export function bashCompletion(commands: readonly Command[]): string {
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ', 1)[0] as string))]
  const groups = firsts.flatMap((first) => {
    const seconds = commands.flatMap(({ name }) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []))
    return seconds.length > 0 ? [`    ${first}) words="${seconds.join(' ')}" ;;`] : []
  })
  const options = commands.map(({ name, options: declared }) => {
    const names = Object.keys({ ...declared, ...commonOptions }).map((option) => `--${option}`)
    return `    "${name}"|"${name} "*) words="${names.join(' ')}" ;;`
  })
  const choices = commands.flatMap(({ name, options: declared }) =>
    Object.entries(declared).flatMap(([option, { choices: values }]) =>
      values ? [`    "${name} "*--${option}) words="${values.join(' ')}" ;;`] : [],
    ),
  )
  return `# Completion of synod for bash. Load it with: source <(synod completion bash)
_synod() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line words=""
  line="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  if (( COMP_CWORD == 1 )); then
    words="${firsts.join(' ')} --help --version"
  elif [[ "$current" == -* ]]; then
    case "$line" in
${options.join('\n')}
    esac
  else
    case "$line" in
${[...choices, ...groups].join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -eq 0 && "$current" != -* ]] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _synod synod
`
}
