import { expect, it } from 'vitest'
import { createRelayService } from './relay-service.ts'

type Told = { readonly addresses: readonly string[]; readonly host: string }

function lookAt(find: () => Promise<readonly object[]>) {
  const told: Told[] = []
  const offered: [string, boolean][] = []
  const directory = {
    provide: (service: string, isOffered: boolean) => void offered.push([service, isOffered]),
    findService: find as never,
  }
  const service = createRelayService(directory, { learn: (addresses, { host }) => void told.push({ addresses, host }) })
  return { service, told, offered }
}

it('a relay offers itself in the directory, and is told of by it', async () => {
  const addresses = ['/ip4/8.8.8.8/tcp/26600', '/ip4/8.8.8.8/udp/26600/quic-v1']
  const { service, told, offered } = lookAt(async () => [{ peer: 'one', addresses }])
  service.offer(true)
  service.offer(false)
  expect(offered).toEqual([
    ['relay', true],
    ['relay', false],
  ])
  await service.look()
  expect(told).toEqual([{ addresses: addresses.map((address) => `${address}/p2p/one`), host: '8.8.8.8' }])
})

it.each<[string, () => Promise<readonly object[]>]>([
  ['nothing', async () => []],
  ['records without an address', async () => [{ peer: 'one', addresses: [] }]],
  ['records that lead inside', async () => [{ peer: 'one', addresses: ['/ip4/192.168.1.1/tcp/26600', '/ip4/127.0.0.1/tcp/80'] }]],
  ['a failure', () => Promise.reject(new Error('no'))],
])('of %s nothing is told', async (_what, find) => {
  const { service, told } = lookAt(find)
  await service.look()
  expect(told).toEqual([])
})

it('without a directory there is nothing to ask', async () => {
  const service = createRelayService(undefined, { learn: () => expect.unreachable() })
  service.offer(true)
  await service.look()
})
