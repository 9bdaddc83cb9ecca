import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, extname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from '../../../primitives/assert.ts'

/**
 * Serves the product's own modules to a browser as they are, without a bundler: types are stripped, native files are replaced as
 * package.json asks of bundlers, packages are found by an import map. What would need Node does not load, and is found out by that.
 */
export interface PageServer {
  readonly url: string
  stop(): void
}

const here = fileURLToPath(import.meta.url)
/** `.ts` in a checkout, `.js` in a package. */
const extension = extname(here)
/** What stands above src or dist. */
const root = resolve(dirname(here), '../../../..')
const packages = ['@noble/curves', '@noble/hashes', '@scure/base', 'zod']

export type Answer = (path: string, body: string) => Promise<unknown>

/** @param answer what the page's own requests are answered with, as JSON; `undefined` for what is not there. */
export async function servePage(page: string, answer: Answer): Promise<PageServer> {
  const replaced = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).browser as Readonly<Record<string, string>>

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://page').pathname
    if (path === '/') return void response.setHeader('content-type', 'text/html').end(documentOf(page))
    if (extname(path) === extension || path.startsWith('/node_modules/')) {
      response.setHeader('content-type', 'text/javascript').end(await moduleAt(path, replaced))
      return
    }
    const told = await answer(path, await bodyOf(request))
    response.statusCode = told === undefined ? 404 : 200
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('content-type', 'application/json').end(JSON.stringify(told ?? null))
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.writeHead(404).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  assert(typeof bound === 'object' && bound, 'a server that listens has an address')
  return {
    url: `http://127.0.0.1:${bound.port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function moduleAt(path: string, replaced: Readonly<Record<string, string>>): Promise<string> {
  const wanted = replaced[`.${path}`] ?? path
  const file = join(root, wanted)
  assert(file.startsWith(root + sep), 'a module lies in the product')
  const source = await readFile(file, 'utf8')
  return file.endsWith('.ts') ? stripTypeScriptTypes(source) : source
}

function documentOf(page: string): string {
  const imports: Record<string, string> = {}
  for (const name of packages) {
    imports[`${name}/`] = `/node_modules/${name}/`
    imports[name] = `/node_modules/${name}/index.js`
  }
  const main = `/${extension === '.ts' ? 'src' : 'dist'}/${page}${extension}`
  return `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script><script type="module" src="${main}"></script>`
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const part of request) body += String(part)
  return body
}
