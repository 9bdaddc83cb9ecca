import type { Network } from 'synod/network'
import { afterEach, expect, test, vi } from 'vitest'
import { joinRoom } from './chat.ts'

const joined: Network[] = []
afterEach(() => Promise.all(joined.splice(0).map((network) => network.stop())))

async function join(room: string, seed: number, heard: string[] = []) {
  const member = await joinRoom({ room, seed: new Uint8Array(32).fill(seed), onLine: (line) => heard.push(line) })
  joined.push(member.network)
  return member
}

test('a line reaches somebody to whom one is not connected', async () => {
  const heard: string[] = []
  const [ann, bob] = [await join('lounge', 1), await join('lounge', 2)]
  const cid = await join('lounge', 3, heard)
  await bob.network.connect(ann.network.addresses()[0] as string)
  await cid.network.connect(bob.network.addresses()[0] as string)
  // The mesh forms by itself, and a line is passed on once: one that was said too early must be said in other words.
  let tries = 0
  await vi.waitFor(
    () => {
      ann.say(`is anybody here? (${tries++})`)
      expect(heard).not.toEqual([])
    },
    { timeout: 15_000, interval: 100 },
  )
  expect(cid.network.peers()).toHaveLength(1)
})
