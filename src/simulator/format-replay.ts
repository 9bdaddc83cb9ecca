import type { SimulationOptions } from './simulation-options.ts'

/** The command that runs the same simulation again. An application of one's own is replayed by its own test, with the same seed. */
export function formatReplay(options: SimulationOptions): string {
  const { seed, nodes, seconds, faults, liars, load, consensus } = options
  const words = ['synod', 'simulate', '--seed', String(seed)]
  if (nodes !== undefined) words.push('--nodes', String(nodes))
  if (seconds !== undefined) words.push('--seconds', String(seconds))
  if (faults !== undefined) words.push('--faults', listed(faults))
  if (liars !== undefined) words.push('--liars', listed(liars))
  if (load !== undefined) words.push('--load', String(load))
  for (const [name, value] of Object.entries(consensus ?? {})) words.push('--set', `consensus.${name}=${String(value)}`)
  return words.join(' ')
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(',')
}
