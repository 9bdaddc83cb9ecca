import { contractAnswer, resolverContract } from '../ports/resolver.contract.ts'
import { createScheduler } from './scheduler.ts'
import { createSimulatedResolver } from './simulated-resolver.ts'

resolverContract('the simulated resolver', async () => {
  const scheduler = createScheduler(1_800_000_000_000)
  return {
    resolver: createSimulatedResolver({ scheduler, name: 'simulated', answer: contractAnswer }),
    async settle(promise) {
      await scheduler.run(scheduler.now() + 10_000)
      return promise
    },
  }
})
