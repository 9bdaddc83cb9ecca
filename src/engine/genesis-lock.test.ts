import { expect, it } from 'vitest'
import { sha256 } from '../crypto/hash.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { lockGenesis, refuseOtherChain } from './genesis-lock.ts'

const [mine, other, root, otherRoot] = [1, 2, 3, 4].map((byte) => sha256(Uint8Array.of(byte)))

function diskOf() {
  const files = new Map<string, Bytes>()
  return {
    files,
    readSmall: async (name: string) => files.get(name),
    writeSmall: async (name: string, content: Bytes) => void files.set(name, content),
  }
}

it('a data directory belongs to the chain that first opened it, and to its genesis', async () => {
  const disk = diskOf()
  await refuseOtherChain(disk, mine!)
  expect(disk.files.size).toBe(0)
  await lockGenesis(disk, { chainId: mine!, genesisRoot: root! })
  await lockGenesis(disk, { chainId: mine!, genesisRoot: root! })
  await refuseOtherChain(disk, mine!)
  await expect(refuseOtherChain(disk, other!)).rejects.toMatchObject({ code: 'DATA_OF_ANOTHER_CHAIN' })
  await expect(lockGenesis(disk, { chainId: mine!, genesisRoot: otherRoot! })).rejects.toMatchObject({
    code: 'DATA_OF_ANOTHER_CHAIN',
  })
})

it('a damaged note is no licence', async () => {
  const disk = diskOf()
  disk.files.set('genesis', Uint8Array.of(0xc0))
  await expect(refuseOtherChain(disk, mine!)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
})
