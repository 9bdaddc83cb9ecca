import { commands } from '../src/cli/commands.ts'
import type { Command } from '../src/cli/frame/command.ts'
import { optionMeaning, optionTerm, usageLine } from '../src/cli/frame/help.ts'
import { commonOptions } from '../src/cli/frame/parse-command-line.ts'

/** `docs/cli.md`: every command from its declaration, under the heading its own help links to. */
export function cliReference(): string {
  return `<!-- Generated from src/cli/commands by \`npm run docs\`. -->

# The command line

\`synod <command> [options]\`. Results go to standard output and everything else to standard error; with \`--json\` a result, or an
error, is one line of JSON on standard output. The exit status is 0 for success, 64 for a command line that is not understood, 78
for a configuration that is wrong, and otherwise that of the error, listed in [errors.md](errors.md).

${commands.map((command) => `- [\`synod ${command.name}\`](#synod-${anchor(command)}): ${command.summary}`).join('\n')}

${commands.map(section).join('\n')}`
}

function section(command: Command): string {
  const { name, summary, details, examples } = command
  const words = (command.arguments ?? []).map((argument) => `| \`<${argument.name}>\` | ${argument.summary} |`)
  const options = Object.entries({ ...command.options, ...commonOptions }).map(
    ([option, value]) => `| \`${optionTerm(option, value)}\` | ${optionMeaning(value).replaceAll('|', '\\|')} |`,
  )
  const shown = examples.map(({ line, shows }) => `# ${shows}\n${line}`).join('\n\n')
  return [
    `## synod ${name}`,
    '',
    `${summary}.${details ? ` ${details.replaceAll('\n', ' ')}` : ''}`,
    '',
    `\`${usageLine(command)}\``,
    '',
    '| | |',
    '|---|---|',
    ...words,
    ...options,
    '',
    ...(shown === '' ? [] : ['```sh', shown, '```', '']),
  ].join('\n')
}

function anchor({ name }: Command): string {
  return name.replaceAll(' ', '-')
}
