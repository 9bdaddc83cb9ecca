import type { Contact } from '../peers/kademlia/contact.ts'
import { placeOfPeer } from '../peers/kademlia/distance.ts'
import { createRoutingTable, type RoutingTable } from '../peers/kademlia/routing-table.ts'
import { decodeContacts, encodeContacts } from '../peers/kademlia/table-file.ts'
import type { Timer } from '../ports/clock.ts'
import type { Ports } from './ports.ts'

/** The routing table of a node, as it stands on its disk too. */
export interface DirectoryTable {
  readonly table: RoutingTable
  heard(contact: Contact): void
  silent(contact: Contact, why: 'silent' | 'gone'): void
  stop(): Promise<void>
}

const fileName = 'routing-table'
/** A crash costs what was learnt in the last minute. */
const writeDelayMs = 60_000

/** What was known when the node last ran; a damaged file is nothing. */
export async function readRoutingTable({ disk, telemetry }: Ports): Promise<readonly Contact[]> {
  const file = await disk.readSmall(fileName)
  const known = file && decodeContacts(file)
  if (file && !known)
    telemetry.log('warn', 'the file of the routing table is damaged: the table is begun anew', { file: fileName })
  return known ?? []
}

/** @param ask asks a contact whether it is still there, before it loses its place to another. */
export function createDirectoryTable(ports: Ports, known: readonly Contact[], ask: (contact: Contact) => void): DirectoryTable {
  const { clock, disk, network, telemetry } = ports
  const table = createRoutingTable(placeOfPeer(network.self))
  for (const contact of known) table.heard(contact, Number.NEGATIVE_INFINITY)
  let timer: Timer | undefined
  let writing: Promise<void> = Promise.resolve()
  let stopped = false

  async function write(): Promise<void> {
    await disk.writeSmall(fileName, encodeContacts(table.contacts())).catch((error: unknown) => {
      telemetry.log('warn', 'the routing table could not be written', { error: String(error) })
    })
  }

  function flush(): void {
    timer = undefined
    writing = writing.then(write)
  }

  function changed(): void {
    telemetry.gauge('synod_dht_contacts', table.size)
    if (!stopped) timer ??= clock.schedule(writeDelayMs, flush)
  }

  return {
    table,
    heard(contact) {
      const { outcome, doubted } = table.heard(contact, clock.monotonic())
      if (outcome === 'added') changed()
      if (doubted && !stopped) ask(doubted)
    },
    silent({ peer }, why) {
      if (!table.has(peer)) return
      if (why === 'gone') table.forget(peer)
      else if (!table.failed(peer)) return
      changed()
    },
    async stop() {
      stopped = true
      timer?.cancel()
      if (timer) flush()
      await writing
    },
  }
}
