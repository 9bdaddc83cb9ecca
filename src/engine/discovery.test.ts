import { expect, it } from 'vitest'
import { createDiscovery } from './discovery.ts'
import type { PeerRegister } from './peer-register.ts'
import type { Ports } from './ports.ts'

it('believes a peer about itself, and about nobody else', () => {
  const learnt: (readonly [readonly string[], string])[] = []
  const discovery = createDiscovery({
    ports: {} as Ports,
    register: { of: (id) => (id === 'liar' ? { id, host: '60.1.0.1' } : undefined) } as PeerRegister,
    keeper: { learn: (addresses, host) => void learnt.push([addresses, host]) },
  })
  discovery.learnOwn(['/ip4/60.1.0.1/tcp/2601', '/ip4/60.2.0.1/tcp/2601/p2p/victim', '/ip4/10.0.0.1/tcp/2601'], 'liar')
  discovery.learnOwn(['/ip4/60.1.0.1/tcp/2601'], 'nobody')
  expect(learnt).toEqual([[['/ip4/60.1.0.1/tcp/2601/p2p/liar'], '60.1.0.1']])
})
