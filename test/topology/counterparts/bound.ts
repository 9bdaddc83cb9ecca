import { readFile } from 'node:fs/promises'
import type { StartedRun } from '../../e2e/support/run-synod.ts'
import type { Ready } from '../programs.ts'

/** Ready when somebody in the program's namespace holds that port. */
export function bound(protocol: 'tcp' | 'udp', port: number): Ready {
  return ({ pid }) => isBound(pid, protocol, port)
}

export function writes(text: string): Ready {
  return async (run: StartedRun) => run.output.includes(text)
}

async function isBound(pid: number, protocol: 'tcp' | 'udp', port: number): Promise<boolean> {
  const local = port.toString(16).toUpperCase().padStart(4, '0')
  const state = protocol === 'tcp' ? '0A' : '07'
  const tables = await Promise.all(
    [protocol, `${protocol}6`].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
  )
  return tables.some((table) => new RegExp(`^ *\\d+: [0-9A-F]+:${local} [0-9A-F]+:[0-9A-F]{4} ${state} `, 'm').test(table))
}
