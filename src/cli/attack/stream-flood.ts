import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { type Attack, attackerAddress } from './attack.ts'
import { createHostilePeer, saysBanned } from './hostile-peer.ts'
import { everyTick, pause } from './pacing.ts'

const streamsMax = 4096
const openTimeoutMs = 2_000
const stillOpenAfterMs = 200
const protocols = ['/synod/votes/1', '/synod/batches/1', '/synod/blocks/1', '/synod/req/block/1', '/meshsub/1.1.0'] as const

/** Stream after stream on one connection of a peer that was let in; it comes back when it is put out. */
export const streamFlood: Attack = async (context) => {
  const { target, tally } = context
  const peer = await createHostilePeer({
    privateKeySeed: systemEntropy.bytes(32),
    localAddress: attackerAddress(target, 60, 4),
    streamsMax,
  })
  let session = await peer.greet(target)
  let wasIn = !('place' in session)
  let isOver = false
  let coming = false
  watch()
  const opening = new Set<Promise<void>>()

  /** A goodbye is the end, though the connection lingers so that it arrives. */
  function watch(): void {
    isOver = 'place' in session
    if ('place' in session) return
    void session.ended.then(() => {
      isOver = true
    })
  }

  async function comeBack(): Promise<void> {
    if (coming) return
    coming = true
    await pause(100)
    session = await peer.greet(target)
    watch()
    if (!('place' in session)) wasIn = true
    else {
      tally.reason(session.reason)
      if (wasIn && saysBanned(session)) tally.banned()
    }
    coming = false
  }

  async function open(index: number): Promise<void> {
    if ('place' in session) return tally.refuse(wasIn && saysBanned(session) ? 'banned' : session.place)
    const { connection } = session
    if (isOver) return tally.refuse('disconnected')
    try {
      const stream = await connection.open(protocols[index % protocols.length] as string, openTimeoutMs)
      await pause(stillOpenAfterMs)
      if (stream.isOpen) tally.accept()
      else tally.refuse(connection.isOpen ? 'dropped' : 'disconnected')
    } catch {
      tally.refuse(connection.isOpen ? 'dropped' : 'disconnected')
    }
  }

  let index = 0
  await everyTick(context, (due) => {
    if (isOver) void comeBack()
    for (let count = 0; count < due; count++) {
      const one: Promise<void> = open(index++).finally(() => opening.delete(one))
      opening.add(one)
    }
  })
  await Promise.all(opening)
  await peer.bare.stop()
}
