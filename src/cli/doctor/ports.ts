import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type Finding, failure, ok } from './finding.ts'

/** Where the node is to listen. */
export interface ListenPort {
  readonly use: string
  readonly protocol: 'tcp' | 'udp'
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

/** The error code with which the system refused to listen; `free` where it did not. */
export type PortState = 'free' | string

/** @param isRunning whether this very node runs, and so holds its ports itself. */
export function judgePort({ use, protocol, host, port }: ListenPort, state: PortState, isRunning: boolean): Finding {
  const check = `${use} port`
  const where = `${protocol} ${host.includes(':') ? `[${host}]` : host}:${port}`
  if (port === 0) return ok(check, `${protocol}, whichever is free`)
  if (isRunning) {
    if (state === 'EADDRINUSE') return ok(check, `${where} is listened on`)
    return failure(
      check,
      `${where} is not listened on, though the node runs`,
      'Look into the node’s log for why it could not listen.',
    )
  }
  if (state === 'free') return ok(check, `${where} is free`)
  if (state === 'EADDRINUSE') return failure(check, `${where} is taken`, 'End what listens there, or set another port.')
  if (state === 'EACCES')
    return failure(check, `${where} is not allowed`, 'Ports below 1024 need a right of their own: set another port.')
  if (state === 'EADDRNOTAVAIL') return failure(check, `${where} is no address of this machine`, 'Set one that is, or 0.0.0.0.')
  return failure(check, `${where} cannot be listened on (${state})`, 'Set another address.')
}

/** The ports of `p2p.listen`; names are left out, since they are resolved when it is time. */
export function portsOf(listen: readonly string[]): readonly ListenPort[] {
  return listen.flatMap((address) => {
    const [, kind, host, protocol, port] = address.split('/')
    if ((kind !== 'ip4' && kind !== 'ip6') || host === undefined || (protocol !== 'tcp' && protocol !== 'udp')) return []
    return [{ use: 'p2p', protocol, host, port: Number(port) }]
  })
}

export async function tryPort({ protocol, host, port }: ListenPort): Promise<PortState> {
  try {
    if (protocol === 'tcp') {
      const server = createServer()
      server.listen({ host, port, exclusive: true })
      await once(server, 'listening')
      await new Promise((closed) => server.close(closed))
    } else {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
      socket.bind({ address: host, port, exclusive: true })
      await once(socket, 'listening')
      await new Promise<void>((closed) => socket.close(closed))
    }
    return 'free'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}
