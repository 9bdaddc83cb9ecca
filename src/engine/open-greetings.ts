import type { Hello } from '../peers/hello.ts'
import type { GreetedConnection } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'

/** Who said what on which connection. */
export interface OpenGreetings {
  /** Greetings with peers that dialled this node and are not accepted yet. */
  readonly pending: number
  open(connection: GreetedConnection, said: Hello): void
  of(connectionId: number): OpenGreeting | undefined
  /** The greeting went well: it is remembered, and no longer under way. */
  settle(connectionId: number): void
  close(connectionId: number): void
}

export interface OpenGreeting {
  /** This node's own. */
  readonly said: Hello
  heard?: Hello
}

/** More than any node has connections: a hello that leads to none must not stay for ever. */
export const greetingsMax = 8192

export function createOpenGreetings(): OpenGreetings {
  const greetings = createBoundedMap<number, OpenGreeting>(greetingsMax)
  const pending = new Set<number>()
  return {
    get pending() {
      return pending.size
    },
    open({ id, direction }, said) {
      const [forgotten] = greetings.set(id, { said }) ?? []
      if (forgotten !== undefined) pending.delete(forgotten)
      if (direction === 'inbound') pending.add(id)
    },
    of: (id) => greetings.get(id),
    settle: (id) => void pending.delete(id),
    close(id) {
      greetings.delete(id)
      pending.delete(id)
    },
  }
}
