import type { RequestProtocol } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { createSimulatedEntropy } from '../random.ts'
import type { Liar } from './liar.ts'

const kinds = ['noise', 'echo', 'questions'] as const
/** Messages of one kind to each peer in one go. */
const burst = 150
/** Gone once a while at it, so that nobody can say it was an accident. */
const pauseMs = [20, 80] as const

/** Says nothing false, but says it thousands of times: noise where nobody listens, its own votes again, the same question again. */
export const spammer: Liar = ({ ports, random }) => {
  const { clock, network } = ports
  const entropy = createSimulatedEntropy(random)
  let own: Bytes | undefined

  async function ask(peer: string, protocol: RequestProtocol): Promise<void> {
    try {
      for await (const _ of network.request(peer, protocol, new Uint8Array(0), { timeoutMs: 1000 })) return
    } catch {
      // It does not want to know.
    }
  }

  function spam(): void {
    clock.schedule(random.between(...pauseMs), spam)
    const kind = random.pick(kinds)
    const noise = entropy.bytes(100)
    for (const { id } of network.peers()) {
      for (let count = 0; count < burst; count++) {
        if (kind === 'questions') void ask(id, 'status')
        else if (kind === 'noise') network.send(id, 'blocks', noise)
        else if (own) network.send(id, 'consensus', own)
      }
    }
  }
  clock.schedule(1000, spam)

  return {
    ...ports,
    network: {
      ...network,
      send(peer, channel, message) {
        if (channel === 'consensus') own = message.slice()
        return network.send(peer, channel, message)
      },
    },
  }
}
