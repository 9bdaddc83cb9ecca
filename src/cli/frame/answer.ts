import type { Console } from './command.ts'

/** The result of a command: one JSON object for programs, or lines for people. */
export function answer(console: Console, json: boolean, value: object, lines: readonly string[]): void {
  console.out(json ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`)
}

/** `term   meaning` lines with the meanings under each other. */
export function aligned(rows: readonly (readonly [term: string, meaning: string])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([term]) => term.length))
  return rows.map(([term, meaning]) => `${term.padEnd(width)}  ${meaning}`.trimEnd())
}
