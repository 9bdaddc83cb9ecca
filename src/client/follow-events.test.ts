import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { followEvents } from './follow-events.ts'
import type { EventView } from './views.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** Follows a node that answers like this, to the end of its answer. */
async function heard(answer: (response: ServerResponse) => void): Promise<EventView[]> {
  server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const events: EventView[] = []
  for await (const event of followEvents(url, AbortSignal.timeout(10_000))) events.push(event)
  return events
}

const fault = (message: string): EventView => ({ type: 'fault', message })
const line = (event: unknown) => `event: any\ndata: ${JSON.stringify(event)}\n\n`

describe('the events a client follows', () => {
  it('come whole wherever the bytes are cut', async () => {
    const bytes = Buffer.from(line(fault('für alle')) + line(fault('✓')))
    const cut = (response: ServerResponse) => {
      const sendNext = (at: number): void => {
        if (at === bytes.length) return void response.end()
        response.write(bytes.subarray(at, at + 1), () => setImmediate(sendNext, at + 1))
      }
      sendNext(0)
    }
    expect(await heard(cut)).toEqual([fault('für alle'), fault('✓')])
  })

  it('are those it knows; comments and newer ones are passed over', async () => {
    const text = `: still here\n\n${line({ type: 'eclipse', moon: 1 })}${line({ type: 'fault' })}${line(fault('known'))}`
    expect(await heard((response) => response.end(text))).toEqual([fault('known')])
  })

  it.each<[string, string, (response: ServerResponse) => void]>([
    ['no JSON', 'API_FAILED', (response) => response.end('data: {broken\n\n')],
    ['no events', 'API_FAILED', (response) => response.writeHead(404).end()],
    ['no room', 'API_BUSY', (response) => response.writeHead(503).end()],
    ['no end', 'API_FAILED', (response) => response.end(`data: ${'x'.repeat(17 << 20)}`)],
  ])('of a node that sends %s end with %s', async (_what, code, answer) => {
    await expect(heard(answer)).rejects.toMatchObject({ name: 'ClientError', code })
  })

  it('of nobody end with API_UNREACHABLE', async () => {
    const events = followEvents('http://127.0.0.1:1', AbortSignal.timeout(10_000))
    await expect(events.next()).rejects.toMatchObject({ code: 'API_UNREACHABLE', status: 0 })
  })
})
