import type { ComponentLogger, Logger } from '@libp2p/interface'

/**
 * For libp2p's own log, which nobody reads: the library's logger asks the system whether there is a terminal for every connection and
 * every stream that is opened.
 */
export const silentLogger: ComponentLogger = { forComponent: () => silent }

const silent: Logger = Object.assign(() => undefined, {
  error: () => undefined,
  trace: () => undefined,
  enabled: false,
  newScope: (): Logger => silent,
})
