import { type EventView, eventView } from './views.ts'

/** A node's live events, from now on, until `signal` aborts or the node ends the stream. Throws where the node does not answer. */
export async function* followEvents(url: string, signal: AbortSignal): AsyncGenerator<EventView> {
  const response = await fetch(new URL('/v1/events', url), { signal, headers: { accept: 'text/event-stream' } })
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status} when asked for its events`)
  let pending = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue
      const event = eventView.safeParse(JSON.parse(line.slice(6)))
      // An event this client does not know comes from a newer node.
      if (event.success) yield event.data
    }
  }
}
