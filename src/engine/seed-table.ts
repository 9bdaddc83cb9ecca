import { decode, encode } from '../codec/codec.ts'
import { createTestedPeers, type TestedPeers, type TestPace, testedPeersSchema } from '../peers/seeder/tested-peers.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { Telemetry } from '../ports/telemetry.ts'

/** What a seed knows, on disk: replaced whole, so that a crash costs the latest minute and no more. */
export interface SeedTable {
  readonly peers: TestedPeers
  /** Writes a last time. */
  stop(): Promise<void>
}

const fileName = 'tested-peers'
const damagedName = 'tested-peers-damaged'
const saveEveryMs = 60_000

/** A damaged file is set aside, and the seed begins anew. */
export async function openSeedTable(
  { clock, disk, telemetry }: { readonly clock: Clock; readonly disk: Disk; readonly telemetry: Telemetry },
  pace: TestPace,
): Promise<SeedTable> {
  const file = await disk.readSmall(fileName)
  const record = file && decode(testedPeersSchema, file)
  if (file && !record?.ok) {
    telemetry.log('warn', 'the file of tested peers is damaged: set aside, and begun anew', { file: fileName, kept: damagedName })
    await disk.writeSmall(damagedName, file)
  }
  const peers = createTestedPeers(pace, record?.ok ? record.value : undefined)
  const save = () => disk.writeSmall(fileName, encode(testedPeersSchema, peers.record()))
  let timer: Timer
  const saveLater = (): void => {
    timer = clock.schedule(saveEveryMs, () => {
      save().catch((error: unknown) => telemetry.log('warn', 'tested peers could not be written', { error: String(error) }))
      saveLater()
    })
  }
  saveLater()
  return {
    peers,
    stop() {
      timer.cancel()
      return save()
    },
  }
}
