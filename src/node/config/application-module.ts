import { registerHooks } from 'node:module'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Application } from '../../application/application.ts'
import type { ChainSpec } from '../../chain/chain-spec.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { OperationalError } from '../../primitives/operational-error.ts'

/** A state machine that must know its chain before it can begin: to bind signatures to the chain's id, or to read its parameters. */
export interface ApplicationMaker {
  /** As `application.name` in the chain spec. */
  readonly name: string
  create(chain: { readonly chainId: ChainId; readonly spec: ChainSpec }): Application
}

const form = 'It must export `application`: an Application, or an ApplicationMaker.'

/**
 * Loads a chain builder's own state machine from a module that exports `application`. The module imports `synod` and gets the very
 * Synod that runs it, wherever it lies: a second copy would be another version sooner or later. Throws APPLICATION_MODULE_INVALID.
 */
export async function loadApplicationModule(path: string): Promise<ApplicationMaker> {
  shareSynod()
  const module = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OperationalError('APPLICATION_MODULE_INVALID', reason, { where: path, cause })
  })
  const { application } = module as { readonly application?: unknown }
  if (isMaker(application)) return application
  if (isApplication(application)) return { name: application.name, create: () => application }
  throw new OperationalError('APPLICATION_MODULE_INVALID', form, { where: path })
}

function isMaker(value: unknown): value is ApplicationMaker {
  return isNamed(value) && typeof value['create'] === 'function'
}

/** The methods no application can do without. The types are the compiler's to check. */
function isApplication(value: unknown): value is Application {
  const methods = ['initChain', 'decodeTransaction', 'checkTx', 'executeBlock']
  return isNamed(value) && methods.every((method) => typeof value[method] === 'function')
}

function isNamed(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && typeof (value as { name?: unknown }).name === 'string'
}

let shared = false

/** From now on `synod` and `synod/…` are this program's own entry points, for every module of this process. */
function shareSynod(): void {
  if (shared) return
  shared = true
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const [matched, entry = 'synod'] = /^synod(?:\/([a-z]+))?$/.exec(specifier) ?? []
      if (matched === undefined) return nextResolve(specifier, context)
      const url = new URL(`../../entry/${entry}${extname(import.meta.url)}`, import.meta.url)
      return { url: url.href, shortCircuit: true }
    },
  })
}
