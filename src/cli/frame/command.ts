/**
 * A command, as data: its help, its completion, its page in docs/cli.md and the parsing of its arguments all follow from this one
 * declaration. Declarations import nothing heavy; `run` loads the code behind a command when it is its turn.
 */
export interface Command {
  /** One or two words: `init`, `keys new`. */
  readonly name: string
  /** One line, without a full stop. */
  readonly summary: string
  /** More, in paragraphs. */
  readonly details?: string
  readonly arguments?: readonly Argument[]
  readonly options: Options
  readonly examples: readonly Example[]
  /** Resolves to the exit status. Throws `OperationalError` for what a person has to mend. */
  run(invocation: Invocation): Promise<number>
}

export interface Argument {
  readonly name: string
  readonly summary: string
  readonly optional?: boolean
}

export interface Example {
  readonly line: string
  readonly shows: string
}

export type Options = Readonly<Record<string, Option>>

export interface Option {
  readonly type: 'text' | 'integer' | 'flag'
  readonly summary: string
  /** What stands for the value in help: `dir`, `url`. */
  readonly value?: string
  readonly choices?: readonly string[]
  /** May be given several times; its value is then a list. */
  readonly repeated?: boolean
  readonly required?: boolean
  readonly standard?: string | number
  /** Inclusive, for integers. */
  readonly min?: number
  readonly max?: number
}

/** A command line that has been understood. */
export interface Invocation<O extends Options = Options> {
  readonly options: OptionValues<O>
  readonly arguments: readonly string[]
  readonly console: Console
  /** All there are, for the command that completes their names. */
  readonly commands: readonly Command[]
}

export type OptionValues<O extends Options> = { readonly [K in keyof O]: OptionValue<O[K]> }

type OptionValue<O extends Option> = O['repeated'] extends true
  ? readonly Single<O>[]
  : O['type'] extends 'flag'
    ? boolean
    : O extends { readonly required: true } | { readonly standard: string | number }
      ? Single<O>
      : Single<O> | undefined

type Single<O extends Option> = O['type'] extends 'flag'
  ? boolean
  : O['type'] extends 'integer'
    ? number
    : O extends { readonly choices: readonly (infer C)[] }
      ? C
      : string

/** What a command may touch of the process it runs in; tests give their own. */
export interface Console {
  /** Results, on standard output. */
  out(text: string): void
  /** Everything a pipe should not carry: notes, progress, errors. */
  err(text: string): void
  /** A secret typed without echo; `undefined` where nobody can type. */
  askSecret(question: string): Promise<string | undefined>
  /** Standard input, at most so many bytes of it. */
  readInput(bytesMax: number): Promise<string>
  /** The size of the terminal that shows standard output; absent or `undefined` where it goes elsewhere. */
  terminal?(): TerminalSize | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
}

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** Declares a command whose options keep their types in `run`. */
export function defineCommand<const O extends Options>(
  command: Omit<Command, 'options' | 'run'> & { readonly options: O; run(invocation: Invocation<O>): Promise<number> },
): Command {
  return command as unknown as Command
}
