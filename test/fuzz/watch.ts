/** Loads the code under test with marks in it: what this module's `load` imports, and what that imports, is instrumented. */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Coverage, installCoverage, placeNumbers } from './coverage.ts'
import { instrument } from './instrument.ts'

/** Rooms in which bytes of strangers are taken apart. What only computes, such as the hash functions, would drown them. */
const watchedRooms =
  /\/(src\/(codec|chain|peers|mempool|consensus|application|engine|primitives|adapters\/(?:libp2p|mdns|nat)|client)\/|faulty-decoder)[^?]*\.ts$/

/** Installs the marks for everything that is imported from now on. */
export function watchSources(): Coverage {
  // A refusal is an exception inside the codec; nobody reads where it came from.
  Error.stackTraceLimit = 0
  const coverage = installCoverage()
  const nextPlace = placeNumbers()
  registerHooks({
    load(url, context, nextLoad) {
      if (!watchedRooms.test(url)) return nextLoad(url, context)
      const path = fileURLToPath(url)
      const source = instrument(readFileSync(path, 'utf8'), path, nextPlace)
      return { format: 'module', source, shortCircuit: true }
    },
  })
  watchGeneratedCode(nextPlace)
  return coverage
}

/** The codec writes functions for its records; they are code under test like any other. */
function watchGeneratedCode(nextPlace: () => number): void {
  const Original = globalThis.Function
  const handler: ProxyHandler<FunctionConstructor> = {
    construct(_target, parts: string[]) {
      const body = parts.at(-1) ?? ''
      const whole = `function generated() { ${body} }`
      const marked = instrument(whole, pathToFileURL('generated.ts').href, nextPlace)
      const inner = marked.slice(marked.indexOf('{') + 1, marked.lastIndexOf('}'))
      return Reflect.construct(Original, [...parts.slice(0, -1), inner]) as object
    },
  }
  globalThis.Function = new Proxy(Original, handler)
}
