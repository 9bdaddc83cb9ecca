import { dirname } from 'node:path'
import { type Devnet, isLoadAccount } from './found-devnet.ts'
import type { BlockEvent } from './network-observer.ts'
import type { NodeProcess } from './node-process.ts'
import type { Report } from './report.ts'

/** What a person at a devnet sees. */
export function banner(devnet: Devnet, application: string, version: string): string {
  const { nodes } = devnet
  return [
    '',
    `  synod ${version} devnet: ${nodes.length} validators, each a process of its own, running ${application}`,
    '',
    ...nodes.map(({ name, url, home }) => `  ${name}  ${url}  ${home}`),
    '',
    ...(application === 'ledger' ? howToTransfer(devnet) : howToSubmit(devnet)),
    '',
    ...howToLook(devnet),
    '',
    '  k kill a node   r restart it   q quit',
    '',
    '',
  ].join('\n')
}

function howToLook({ nodes: [first] }: Devnet): readonly string[] {
  if (!first) return []
  return [`  Look inside: npx synod peers --home ${first.home}, synod net, and synod trace <id> --home ${dirname(first.home)}`]
}

function howToTransfer({ nodes: [first], accounts: all }: Devnet): readonly string[] {
  const accounts = all.filter((account) => !isLoadAccount(account))
  return [
    ...accounts.map(({ name, address }) => `  ${name.padEnd(6)} ${address}  1,000,000 tokens`),
    '',
    '  Send some, from another terminal:',
    `  npx synod tx send --home ${first?.home} --api ${first?.url} --from alice --to ${accounts[1]?.address} --amount 1.5 --wait`,
  ]
}

/** What a transaction is only the application knows; any has bytes. */
function howToSubmit({ nodes: [first] }: Devnet): readonly string[] {
  return [
    '  Submit a transaction, from another terminal; its bytes, here "hello", in hexadecimal:',
    `  curl ${first?.url}/v1/transactions -H content-type:application/json -d '{"transactions":["68656c6c6f"]}'`,
  ]
}

/** `#12  4 transactions  round 0  41 ms  4/4 nodes  9c1f2b3a` */
export function blockLine(block: BlockEvent, report: Report, processes: readonly NodeProcess[]): string {
  const up = processes.filter(({ running }) => running).length
  const count = block.transactions.length
  const parts = [
    `#${block.height}`,
    `${count} ${count === 1 ? 'transaction' : 'transactions'}`,
    `round ${block.round}`,
    report.sinceLastMs === undefined
      ? `first block after ${Math.round(report.readyMs ?? 0)} ms`
      : `+${Math.round(report.sinceLastMs)} ms`,
    `${up}/${processes.length} nodes`,
    block.hash.slice(0, 12),
  ]
  return `${parts.join('  ')}\n`
}

export function leaveLine(home: string | undefined): string {
  return home === undefined ? 'stopping; nothing is kept\n' : `stopping; \`synod devnet --home ${home}\` goes on with it\n`
}
