import type { AppendFile, Disk } from '../ports/disk.ts'
import type { Store } from '../ports/store.ts'
import { type Bytes, concatBytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
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
  readonly full: boolean
  /** Bytes of all append-only files, synced or not. */
  readonly fileBytes: number
  /** The durable content of a small file. */
  small(name: string): Bytes | undefined
  /** The durable part of a file, for tests that damage it. */
  content(file: string): Bytes
  damage(file: string, content: Bytes): void
  /** Turns one bit of what is durable in the append-only files and stores. */
  rot(random: Random): void
  /** Whether it has given back, or may yet, what was never written. */
  readonly rotten: boolean
  /** All but the small files is thrown away, as by an operator who lets a damaged node begin again. The node must be down. */
  wipe(): void
  /** Moves the append-only files away, as an operator may who finds them damaged. The node must be down. */
  loseFiles(): void
}

interface FileContent {
  durable: Bytes
  pending: Bytes[]
  /** How many appended pieces have become durable since the node started. */
  synced: number
}

export function createSimulatedDisk(): SimulatedDisk {
  const files = new Map<string, FileContent>()
  const small = new Map<string, Bytes>()
  const stores = new Map<string, SimulatedStoreContent>()
  let full = false
  let rotten = false

  function file(name: string): FileContent {
    const content = files.get(name) ?? { durable: new Uint8Array(0), pending: [], synced: 0 }
    files.set(name, content)
    return content
  }

  function claimSpace(name: string): void {
    if (full) throw new OperationalError('DISK_FULL', 'There is no space left on the simulated disk.', { where: name })
  }

  function mount(access: DiskAccess): Disk {
    return {
      openFile: async (name) => openFile(file(name), access, () => claimSpace(name)),
      async readSmall(name) {
        await access.io('read')
        return small.get(name)
      },
      async writeSmall(name, content) {
        const copy = content.slice()
        await access.io('sync')
        claimSpace(name)
        small.set(name, copy)
      },
      async openStore(name) {
        const content = stores.get(name) ?? createSimulatedStoreContent()
        stores.set(name, content)
        return withinSpace(content.open(access), () => claimSpace(name))
      },
    }
  }

  return {
    mount,
    crash(random) {
      for (const content of files.values()) tear(content, random)
      for (const store of stores.values()) store.crash(random)
    },
    fill: (state) => {
      full = state
    },
    get full() {
      return full
    },
    get fileBytes() {
      let bytes = 0
      for (const { durable, pending } of files.values())
        bytes += pending.reduce((sum, piece) => sum + piece.length, durable.length)
      return bytes
    },
    small: (name) => small.get(name),
    content: (name) => file(name).durable,
    damage: (name, content) => {
      file(name).durable = content
    },
    rot(random) {
      const places = [...files.values(), ...stores.values()]
      if (places.length === 0) return
      const place = random.pick(places)
      if ('rot' in place) place.rot(random)
      else place.durable = rotted(place.durable, random)
      rotten = true
    },
    get rotten() {
      return rotten
    },
    wipe() {
      files.clear()
      stores.clear()
      rotten = false
    },
    loseFiles: () => files.clear(),
  }
}

function openFile(content: FileContent, access: DiskAccess, claimSpace: () => void): AppendFile {
  return {
    async read() {
      await access.io('read')
      return concatBytes(content.durable, ...content.pending)
    },
    append: (bytes) => void content.pending.push(bytes.slice()),
    async sync() {
      const target = content.synced + content.pending.length
      await access.io('sync')
      claimSpace()
      const pieces = content.pending.splice(0, Math.max(0, target - content.synced))
      content.durable = concatBytes(content.durable, ...pieces)
      content.synced += pieces.length
    },
    async truncate(length) {
      await access.io('sync')
      content.durable = concatBytes(content.durable, ...content.pending).slice(0, length)
      content.synced += content.pending.length
      content.pending = []
    },
    close: () => access.io('write'),
  }
}

function withinSpace(store: Store, claimSpace: () => void): Store {
  return {
    ...store,
    async write(operations, options) {
      claimSpace()
      await store.write(operations, options)
    },
  }
}

/** A copy in which one bit is another. */
function rotted(bytes: Bytes, random: Random): Bytes {
  const copy = bytes.slice()
  if (copy.length === 0) return copy
  const place = random.below(copy.length)
  copy[place] = (copy[place] as number) ^ (1 << random.below(8))
  return copy
}

function tear(content: FileContent, random: Random): void {
  const pending = concatBytes(...content.pending)
  const kept = pending.slice(0, random.below(pending.length + 1))
  if (kept.length > 0 && random.chance(0.3)) kept.fill(0, random.below(kept.length))
  content.durable = concatBytes(content.durable, kept)
  content.pending = []
}
