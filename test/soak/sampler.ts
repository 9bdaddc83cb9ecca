/** Loaded into the node under test (`node --import`): says over the IPC channel what memory it holds once its garbage is collected. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export interface MemorySample {
  readonly rssBytes: number
  readonly heapBytes: number
  readonly externalBytes: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

process.on('message', (order) => {
  if (order !== 'sample') return
  collect()
  const { rss, heapUsed, external } = process.memoryUsage()
  process.send?.({ rssBytes: rss, heapBytes: heapUsed, externalBytes: external } satisfies MemorySample)
})
// Listening keeps the channel, and the channel must not keep the node.
process.channel?.unref()
