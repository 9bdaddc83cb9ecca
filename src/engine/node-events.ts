import type { NodeEvent } from './synod-node.ts'

/** Tells listeners what happens, synchronously and in order. A listener that throws is dropped: it cannot stall the node. */
export interface NodeEvents {
  emit(event: NodeEvent): void
  subscribe(listener: (event: NodeEvent) => void): () => void
}

export function createNodeEvents(): NodeEvents {
  const listeners = new Set<(event: NodeEvent) => void>()
  return {
    emit(event) {
      for (const listener of [...listeners]) {
        try {
          listener(event)
        } catch {
          listeners.delete(listener)
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
