/** One command as it is declared: its help, its completion, its place in docs/cli.md and the parsing of its arguments follow from this. */
export interface Command {
  /** One or two words: `start`, `tx send`. */
  readonly name: string
  readonly summary: string
  /** Names of positional arguments, in order; the last one may be optional (`[file]`). */
  readonly positionals?: readonly string[]
  readonly options: Readonly<Record<string, Option>>
  readonly examples: readonly string[]
  /** Loads the code only when the command is run: the others cost nothing. */
  readonly load: () => Promise<{ readonly run: (invocation: Invocation) => Promise<number> }>
}

export interface Option {
  readonly summary: string
  /** What a value stands for in the help, e.g. `dir`; absent for a flag. */
  readonly value?: string
  readonly short?: string
  /** May be given several times. */
  readonly multiple?: boolean
  /** Shown in the help. The code that runs owns the default itself. */
  readonly default?: string
}

/** A command's arguments, parsed and checked against its declaration. */
export interface Invocation {
  readonly positionals: readonly string[]
  flag(name: string): boolean
  text(name: string): string | undefined
  texts(name: string): readonly string[]
  /** A whole number from `min` to `max`. Throws USAGE_INVALID for anything else. */
  integer(name: string, range: { readonly min: number; readonly max: number }): number | undefined
  /** Answers go to `out`, one write a line or document; everything meant for people only goes to `note`. */
  out(text: string): void
  note(text: string): void
}
