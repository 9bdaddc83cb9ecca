import { describe, expect, it } from 'vitest'
import { type AccessVerdict, accessRulesMax, createAccessList, parseTarget } from './access-list.ts'

const forEver = { until: Number.POSITIVE_INFINITY, by: 'operator' } as const

function listOf(rules: readonly (readonly [string, AccessVerdict])[]) {
  const list = createAccessList()
  for (const [target, verdict] of rules) list.set(parseTarget(target)!, { verdict, ...forEver })
  return list
}

describe('access list', () => {
  it.each<[string, readonly (readonly [string, AccessVerdict])[], string, AccessVerdict | undefined]>([
    ['nothing of strangers', [], '10.1.1.1', undefined],
    ['the address', [['10.1.1.1', 'deny']], '10.1.1.1', 'deny'],
    ['the block', [['10.0.0.0/8', 'deny']], '10.1.1.1', 'deny'],
    [
      'the more particular',
      [
        ['10.0.0.0/8', 'deny'],
        ['10.1.1.1', 'allow'],
      ],
      '10.1.1.1',
      'allow',
    ],
    [
      'the more particular, in whichever order',
      [
        ['10.1.1.1', 'deny'],
        ['10.0.0.0/8', 'allow'],
      ],
      '10.1.1.1',
      'deny',
    ],
    ['everybody', [['0.0.0.0/0', 'deny']], '10.1.1.1', 'deny'],
    ['not the other family', [['0.0.0.0/0', 'deny']], '2001:db8::1', undefined],
    ['mapped addresses', [['10.0.0.0/8', 'deny']], '::ffff:10.1.1.1', 'deny'],
    ['no names', [['10.0.0.0/8', 'deny']], 'node1', undefined],
  ])('knows %s', (_, rules, host, verdict) => {
    expect(listOf(rules).ofHost(host, 0)).toBe(verdict)
  })

  it('keeps one rule a target: the last', () => {
    const list = listOf([
      ['peer1', 'deny'],
      ['peer1', 'allow'],
    ])
    expect(list.ofPeer('peer1', 0)).toBe('allow')
    expect(list.remove(parseTarget('peer1')!, 'deny')).toBe(false)
    expect(list.remove(parseTarget('peer1')!, 'allow')).toBe(true)
    expect(list.ofPeer('peer1', 0)).toBeUndefined()
  })

  it('forgets rules whose time is over', () => {
    const list = createAccessList()
    list.set(parseTarget('10.1.1.0/24')!, { verdict: 'deny', until: 100, by: 'operator' })
    list.set(parseTarget('peer1')!, { verdict: 'deny', until: 100, by: 'operator' })
    expect([list.ofHost('10.1.1.9', 99), list.ofPeer('peer1', 99)]).toEqual(['deny', 'deny'])
    expect([list.ofHost('10.1.1.9', 100), list.ofPeer('peer1', 100)]).toEqual([undefined, undefined])
    expect(list.entries(100)).toEqual([])
  })

  it('is bounded', () => {
    const list = createAccessList()
    for (let index = 0; index < accessRulesMax; index++)
      list.set({ kind: 'peer', text: `p${index}` }, { verdict: 'deny', ...forEver })
    expect(list.set({ kind: 'peer', text: 'one more' }, { verdict: 'deny', ...forEver })).toBe(false)
    expect(list.set({ kind: 'peer', text: 'p1' }, { verdict: 'allow', ...forEver })).toBe(true)
  })

  it.each(['', '10.0.0.300', '10.0.0.0/99', 'two words', 'a.b', '-', 'p'.repeat(129)])('takes %j for no target', (text) => {
    expect(parseTarget(text)).toBeUndefined()
  })
})
