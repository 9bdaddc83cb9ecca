/** What `synod bench` can measure. */
export const benchNames = [
  'crypto',
  'codec',
  'network',
  'priority',
  'gossip',
  'connections',
  'consensus',
  'state',
  'statesync',
  'simulator',
  'devnet',
  'discovery',
  'sync',
  'light',
  'restart',
] as const
export type BenchName = (typeof benchNames)[number]
