/** What every implementation of `Network` must do, as tests. Each implementation's own test file calls it with a world of its own. */
import { describe } from 'vitest'
import { connectionsContract } from './network-contract/connections.contract.ts'
import { endContract } from './network-contract/end.contract.ts'
import { gossipContract } from './network-contract/gossip.contract.ts'
import { messagesContract } from './network-contract/messages.contract.ts'
import { pauseContract } from './network-contract/pause.contract.ts'
import { proofsContract } from './network-contract/proofs.contract.ts'
import { requestsContract } from './network-contract/requests.contract.ts'
import { type NetworkWorld, setStage } from './network-contract/stage.contract.ts'
import { trafficContract } from './network-contract/traffic.contract.ts'

export type { NetworkWorld }

export function networkContract(name: string, world: NetworkWorld): void {
  describe(name, () => {
    const stage = setStage(world)
    connectionsContract(stage)
    proofsContract(stage)
    messagesContract(stage)
    pauseContract(stage)
    trafficContract(stage)
    requestsContract(stage)
    gossipContract(stage)
    endContract(stage)
  })
}
