/**
 * Records: objects whose keys are known when a schema is compiled. Engines are fast with an object only where its keys stand in the
 * source, so the few lines that build or take apart a record are generated, once a schema, out of names that schemas have checked.
 * Where generating code is forbidden (a page's content security policy), closures over the same names do the same more slowly.
 */

/** What is done for one field: its name, and a decoder or an encoder for its value. */
export interface Part<F> {
  readonly name: string
  readonly run: F
}

type Read<R> = (reader: R) => unknown
type Write<W> = (writer: W, value: unknown) => void
type WriteRecord<W> = (writer: W, record: Readonly<Record<string, unknown>>) => void

/** Reads the parts in order into a new object; with `type`, that is its first key. */
export function recordReader<R>(parts: readonly Part<Read<R>>[], type: string | undefined, generated: boolean): Read<R> {
  if (!generated) return plainReader(parts, type)
  const keys = parts.map(({ name }, index) => `${JSON.stringify(name)}: run${index}(reader)`)
  if (type !== undefined) keys.unshift(`type: ${JSON.stringify(type)}`)
  return generate<Read<R>>(parts, `(reader) => ({ ${keys.join(', ')} })`)
}

/** Writes the parts of an object in order. */
export function recordWriter<W>(parts: readonly Part<Write<W>>[], generated: boolean): WriteRecord<W> {
  if (!generated) return plainWriter(parts)
  const calls = parts.map(({ name }, index) => `run${index}(writer, record[${JSON.stringify(name)}])`)
  return generate<WriteRecord<W>>(parts, `(writer, record) => { ${calls.join('; ')} }`)
}

/** Whether this environment lets code be generated. */
export const canGenerate = ((): boolean => {
  try {
    return generate<() => boolean>([], '() => true')()
  } catch {
    return false
  }
})()

function generate<F>(parts: readonly Part<unknown>[], source: string): F {
  const parameters = parts.map((_, index) => `run${index}`)
  return new Function(...parameters, `'use strict'; return ${source}`)(...parts.map((part) => part.run)) as F
}

function plainReader<R>(parts: readonly Part<Read<R>>[], type: string | undefined): Read<R> {
  return (reader) => {
    const record: Record<string, unknown> = type === undefined ? {} : { type }
    for (const { name, run } of parts) record[name] = run(reader)
    return record
  }
}

function plainWriter<W>(parts: readonly Part<Write<W>>[]): WriteRecord<W> {
  return (writer, record) => {
    for (const { name, run } of parts) run(writer, record[name])
  }
}
