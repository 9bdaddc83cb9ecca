import { type AddressBook, createAddressBook } from '../peers/address-book/address-book.ts'
import { anchorsMax, decodeBook, encodeBook } from '../peers/address-book/book-file.ts'
import { bookSecretBytes } from '../peers/address-book/book-layout.ts'
import type { Ports } from './ports.ts'
import { createSmallFileWriter, type SmallFileWriter } from './small-file-writer.ts'

/** The address book with its file. A node whose file is damaged or cannot be written does without, and says so; nothing else is lost. */
export interface KeptAddressBook extends SmallFileWriter {
  readonly book: AddressBook
  /** Addresses to which this node was connected when it last ran: they are dialled first, so that a restart gives nobody a new choice. */
  readonly anchors: readonly string[]
  /** Those that would be dialled first if it started again now. */
  anchorsNow(): readonly string[]
}

const fileName = 'address-book'
const damagedName = 'address-book-damaged'
/** A book of any size is written about twice a minute, as long as it changes. */
const writeDelayMsMin = 10_000
const writeDelayMsPerByte = 0.02

export async function openAddressBook(ports: Ports): Promise<KeptAddressBook> {
  const { clock, disk, entropy, network, telemetry } = ports
  const clocks = () => ({ now: clock.monotonic(), wall: clock.now() })
  const file = await disk.readSmall(fileName)
  const known = file && decodeBook(file, clocks())
  if (file && !known) {
    telemetry.log('warn', 'the address book is damaged: set aside, and begun anew', { file: fileName, kept: damagedName })
    await disk.writeSmall(damagedName, file).catch((error: unknown) => {
      telemetry.log('warn', 'the damaged address book could not be set aside', { file: damagedName, error: String(error) })
    })
  }
  const book = createAddressBook(known?.secret ?? entropy.bytes(bookSecretBytes), known?.entries)

  /** Where the outbound peers are that are connected longest. */
  function anchorsNow(): readonly string[] {
    const outbound = network.peers().filter(({ direction }) => direction === 'outbound')
    const eldest = [...outbound].sort((left, right) => left.connectedAt - right.connectedAt).map(({ id }) => id)
    const tried = new Map<string | undefined, string>()
    for (const { target, triedSlot } of book.entries()) if (triedSlot !== undefined) tried.set(target.peer, target.address)
    return eldest.flatMap((id) => tried.get(id) ?? []).slice(0, anchorsMax)
  }

  const writer = createSmallFileWriter({
    ports,
    fileName,
    encoded: () => encodeBook(book, anchorsNow(), clocks()),
    delayMs: (bytes) => Math.max(writeDelayMsMin, bytes * writeDelayMsPerByte),
  })
  return { book, anchors: known?.anchors ?? [], anchorsNow, ...writer }
}
