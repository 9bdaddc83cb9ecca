import type { OperatorClient } from '../../client/operator-client.ts'
import type { BansView } from '../../client/operator-views.ts'
import { answer } from '../frame/answer.ts'
import { askNode } from '../frame/ask-node.ts'
import type { Console } from '../frame/command.ts'
import { type OperatorNode, type OperatorNodeOptions, requireOperatorNode } from '../frame/operator-node.ts'
import { durationText, parseDuration } from '../frame/quantities.ts'
import { wholeName } from '../frame/short-names.ts'
import { table } from '../frame/table.ts'

export type Verb = 'ban' | 'unban' | 'allow' | 'disallow' | 'disconnect'

interface BanInvocation {
  readonly console: Console
  readonly options: OperatorNodeOptions & { readonly json: boolean; readonly for?: string | undefined }
  readonly arguments: readonly string[]
}

/** Exit status 1 when nothing was to be changed. */
export async function runBan(verb: Verb, { console, options, arguments: [given = ''] }: BanInvocation): Promise<number> {
  const forMs = options.for === undefined ? undefined : parseDuration('for', options.for)
  const node = await requireOperatorNode(options, console)
  const { target, changed } = await askNode(node.url, async () => {
    const meant = wholeName(given, await namesFor(verb, node))
    return { target: meant, changed: await carryOut(node.client.operator, verb, meant, forMs) }
  })
  answer(console, options.json, { target, changed }, [changed ? told(verb, target, forMs) : unchanged(verb, target)])
  return changed ? 0 : 1
}

function carryOut(operator: OperatorClient, verb: Verb, target: string, forMs: number | undefined): Promise<boolean> {
  return verb === 'ban' ? operator.ban(target, forMs) : operator[verb](target)
}

/** Whom a name may mean by its end. */
async function namesFor(verb: Verb, { client }: OperatorNode): Promise<readonly string[]> {
  if (verb === 'unban') return (await client.operator.bans()).bans.map(({ target }) => target)
  if (verb === 'disallow') return (await client.operator.bans()).allowed
  return (await client.peers()).peers.map(({ id }) => id)
}

function told(verb: Verb, target: string, forMs: number | undefined): string {
  switch (verb) {
    case 'ban':
      return `${target} is banned ${forMs === undefined ? 'until it is unbanned' : `for ${durationText(forMs)}`}`
    case 'unban':
      return `${target} is no longer banned`
    case 'allow':
      return `${target} is let in whatever it does`
    case 'disallow':
      return `${target} is treated like anybody`
    case 'disconnect':
      return `${target} is disconnected, and may come back`
  }
}

function unchanged(verb: Verb, target: string): string {
  if (verb === 'disconnect') return `${target} is not connected`
  return verb === 'disallow' ? `${target} was not allowed` : `${target} was not banned`
}

export async function runBans({ console, options }: Omit<BanInvocation, 'arguments'>): Promise<number> {
  const { url, client } = await requireOperatorNode(options, console)
  const bans = await askNode(url, client.operator.bans)
  answer(console, options.json, bans, bansLines(bans, Date.now(), console.terminal?.()?.columns ?? Number.POSITIVE_INFINITY))
  return 0
}

/** Whole targets: they are what `unban` takes. */
function bansLines({ bans, allowed }: BansView, now: number, width: number): readonly string[] {
  const rows = [
    ...bans.map(({ target, kind, until, by, reason }) => {
      const left = until === 'forever' ? 'unbanned' : `in ${durationText(until - now)}`
      return [target, kind, left, by, reason]
    }),
    ...allowed.map((target) => [target, '', '', 'allowed', 'let in whatever it does']),
  ]
  if (rows.length === 0) return ['nobody is banned']
  return table(
    [{ title: 'target' }, { title: 'kind' }, { title: 'until' }, { title: 'by' }, { title: 'why', cutTo: 10 }],
    rows,
    width,
  )
}
