import { type Bytes, concatBytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { AppendFile, Disk } from '../ports/disk.ts'
import type { Random } from './random.ts'
import { createSimulatedStoreContent, type DiskAccess, type SimulatedStoreContent } from './simulated-store.ts'

/**
 * A disk that outlives its node. A crash keeps what was synced, and of the rest any beginning, torn anywhere, with some of its bytes
 * perhaps never written.
 */
export interface SimulatedDisk {
  /** The disk as a freshly started node sees it. */
  mount(access: DiskAccess): Disk
  crash(random: Random): void
  /** Every write fails with DISK_FULL from now on, until freed. */
  fill(full: boolean): void
  /** The durable part of a file, for tests that damage it. */
  content(file: string): Bytes
  damage(file: string, content: Bytes): void
}

interface FileContent {
  durable: Bytes
  pending: Bytes[]
}

export function createSimulatedDisk(): SimulatedDisk {
  const files = new Map<string, FileContent>()
  const small = new Map<string, Bytes>()
  const stores = new Map<string, SimulatedStoreContent>()
  let full = false

  function file(name: string): FileContent {
    let content = files.get(name)
    if (!content) {
      content = { durable: new Uint8Array(0), pending: [] }
      files.set(name, content)
    }
    return content
  }

  function space(name: string): void {
    if (full) throw new OperationalError('DISK_FULL', 'There is no space left on the simulated disk.', { where: name })
  }

  function openFile(name: string, access: DiskAccess): AppendFile {
    const content = file(name)
    return {
      async read() {
        await access.io('read')
        return concatBytes(content.durable, ...content.pending)
      },
      append: (bytes) => void content.pending.push(bytes.slice()),
      async sync() {
        const count = content.pending.length
        await access.io('sync')
        space(name)
        content.durable = concatBytes(content.durable, ...content.pending.splice(0, count))
      },
      async truncate(length) {
        await access.io('sync')
        content.durable = concatBytes(content.durable, ...content.pending).slice(0, length)
        content.pending = []
      },
      close: () => access.io('write'),
    }
  }

  return {
    mount: (access) => ({
      openFile: async (name) => openFile(name, access),
      async readSmall(name) {
        await access.io('read')
        return small.get(name)
      },
      async writeSmall(name, content) {
        const copy = content.slice()
        await access.io('sync')
        space(name)
        small.set(name, copy)
      },
      async openStore(name) {
        const content = stores.get(name) ?? createSimulatedStoreContent()
        stores.set(name, content)
        const store = content.open(access)
        return {
          ...store,
          write(operations, options) {
            space(name)
            return store.write(operations, options)
          },
        }
      },
    }),
    crash(random) {
      for (const content of files.values()) tear(content, random)
      for (const store of stores.values()) store.crash(random)
    },
    fill: (state) => {
      full = state
    },
    content: (name) => file(name).durable,
    damage: (name, content) => {
      file(name).durable = content
    },
  }
}

function tear(content: FileContent, random: Random): void {
  const pending = concatBytes(...content.pending)
  const kept = pending.slice(0, random.below(pending.length + 1))
  if (kept.length > 0 && random.chance(0.3)) kept.fill(0, random.below(kept.length))
  content.durable = concatBytes(content.durable, kept)
  content.pending = []
}
