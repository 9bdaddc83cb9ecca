import { OperationalError } from '../primitives/operational-error.ts'
import { commands } from './command-catalogue.ts'
import { type Call, findCommand } from './find-command.ts'
import { parseInvocation } from './parse-invocation.ts'
import { renderError } from './render-error.ts'
import { renderHelp, renderOverview } from './render-help.ts'
import { version } from './version.ts'

/** The command line. @param args the arguments after the program's name. Resolves to the exit status; throws nothing. */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that has seen enough, such as `head`, closes the pipe: that is its right, and no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 74))
  try {
    return await call(findCommand(commands, args))
  } catch (error) {
    const json = args.includes('--json')
    const { text, exit } = renderError(error, json)
    // With --json an error is part of the answer; otherwise it stays out of what a pipe carries.
    const stream = json ? process.stdout : process.stderr
    stream.write(`${text}\n`)
    return exit
  }
}

async function call(found: Call): Promise<number> {
  switch (found.kind) {
    case 'version':
      process.stdout.write(`${version()}\n`)
      return 0
    case 'overview':
      process.stdout.write(`${renderOverview(found.commands, version())}\n`)
      return 0
    case 'incomplete':
      process.stderr.write(`${renderOverview(found.commands, version())}\n`)
      return new OperationalError('USAGE_INVALID', '').exit
    case 'help':
      process.stdout.write(`${renderHelp(found.command)}\n`)
      return 0
    case 'run': {
      const invocation = parseInvocation(found.command, found.args)
      const { run } = await found.command.load()
      return run(invocation)
    }
  }
}
