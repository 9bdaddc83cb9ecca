import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { openInChromium } from '../../src/cli/bench/browser/chromium.ts'

/** What a page is made of, as a bundler for browsers makes it. Throws for whatever would need Node. */
async function bundle(page: string): Promise<string> {
  const wanting: string[] = []
  const onLog = (_level: string, { message }: { message: string }): void => void wanting.push(message)
  const bundled = await rolldown({ input: resolve(import.meta.dirname, page), platform: 'browser', onLog })
  const { output } = await bundled.generate({ format: 'es', codeSplitting: false })
  await bundled.close()
  if (wanting.length > 0 || /\bfrom\s*["']node:/.test(output[0].code)) throw new Error(`not for browsers: ${wanting.join('; ')}`)
  return output[0].code
}

/** Has a browser run a page of this folder, which fetches `/tasks` and posts what it found to `/outcomes`. */
export async function runBundled(program: string, page: string, tasks: unknown, deadlineMs: number): Promise<unknown> {
  const code = await bundle(page)
  const { promise: outcomes, resolve: found, reject } = Promise.withResolvers<unknown>()
  const server = createServer(async (request, response) => {
    if (request.url === '/outcomes') found(JSON.parse(await bodyOf(request)))
    const [type, body] =
      request.url === '/page.js'
        ? ['text/javascript', code]
        : request.url === '/tasks'
          ? ['application/json', JSON.stringify(tasks)]
          : ['text/html', '<!doctype html><script type="module" src="/page.js"></script>']
    response.setHeader('content-type', type as string).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const timer = setTimeout(() => reject(new Error(`the page did not answer within ${deadlineMs} ms`)), deadlineMs)
  const close = await openInChromium(program, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  try {
    return await outcomes
  } finally {
    clearTimeout(timer)
    await close()
    server.closeAllConnections()
    server.close()
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const part of request) body += String(part)
  return body
}
