import { commands } from './commands.ts'
import type { Console } from './frame/command.ts'
import { runCommand } from './frame/run-command.ts'

/** The command line. @param words the arguments after the program's name. Resolves to the exit status. */
export async function main(words: readonly string[]): Promise<number> {
  // A reader that has seen enough, such as `head`, closes the pipe: that is its right, and no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 74))
  if (words[0] === '--version') return showVersion()
  return runCommand(commands, words, processConsole)
}

const processConsole: Console = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  askSecret: async (question) => (await import('./frame/ask-secret.ts')).askSecret(question),
  readInput: async (bytesMax) => (await import('./frame/read-input.ts')).readInput(bytesMax),
  terminal: () => (process.stdout.isTTY ? { columns: process.stdout.columns, rows: process.stdout.rows } : undefined),
  environment: process.env,
  workingDirectory: process.cwd(),
}

async function showVersion(): Promise<number> {
  const { productVersion } = await import('./frame/product-version.ts')
  processConsole.out(`${productVersion()}\n`)
  return 0
}
