import { readFileSync } from 'node:fs'

/** As package.json has it, from the sources as from the compiled files. */
export function productVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
