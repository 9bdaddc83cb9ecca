import { ClientError } from './client-error.ts'
import { type EventView, eventView } from './views.ts'

/** Far more than the event of the largest block. */
const lineLengthMax = 16 << 20

/** A node's live events, from now on, until `signal` aborts or the node ends the stream. Throws `ClientError`, and what `signal` throws. */
export async function* followEvents(url: string, signal: AbortSignal, init: RequestInit = {}): AsyncGenerator<EventView> {
  const response = await open(url, signal, init)
  let pending = ''
  for await (const text of response.pipeThrough(new TextDecoderStream())) {
    // What is pending is not looked at again: a line may come in thousands of pieces.
    const lines = text.split('\n')
    lines[0] = pending + (lines[0] ?? '')
    pending = lines.pop() ?? ''
    if (pending.length > lineLengthMax) throw new ClientError('API_FAILED', `${url} sends an event without end`, 200)
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue
      const event = eventView.safeParse(parse(line.slice(6), url))
      // An event this client does not know comes from a newer node.
      if (event.success) yield event.data
    }
  }
}

async function open(url: string, signal: AbortSignal, init: RequestInit): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const headers = { ...init.headers, accept: 'text/event-stream' }
  const response = await fetch(new URL('/v1/events', url), { ...init, signal, headers }).catch((cause: unknown) => {
    if (signal.aborted) throw cause
    throw new ClientError('API_UNREACHABLE', `${url} does not answer`, 0, cause)
  })
  if (response.ok && response.body) return response.body
  throw new ClientError(refusals[response.status] ?? 'API_FAILED', `${url} sends no events`, response.status)
}

const refusals: Readonly<Record<number, string>> = {
  401: 'API_TOKEN_MISSING',
  403: 'API_TOKEN_WRONG',
  429: 'API_THROTTLED',
  503: 'API_BUSY',
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ClientError('API_FAILED', `${url} sends an event that is no JSON`, 200, cause)
  }
}
