import { describe, expect, it } from 'vitest'
import { createObservedHosts } from './observed-hosts.ts'

const own = '8.8.4.4'
const lie = '6.6.6.6'

describe('the addresses at which peers see this node', () => {
  it.each([
    ['one group', [['a', own]], []],
    [
      'two groups',
      [
        ['a', own],
        ['b', own],
      ],
      [own],
    ],
    [
      'one group that speaks often',
      [
        ['a', own],
        ['a', own],
        ['a', own],
      ],
      [],
    ],
    [
      'a liar among others',
      [
        ['a', own],
        ['b', lie],
        ['c', own],
      ],
      [own],
    ],
    [
      'as many liars as others',
      [
        ['a', own],
        ['b', lie],
        ['c', own],
        ['d', lie],
      ],
      [],
    ],
    [
      'a private address',
      [
        ['a', '192.168.1.7'],
        ['b', '192.168.1.7'],
      ],
      [],
    ],
    [
      'nonsense',
      [
        ['a', 'x'],
        ['b', 'x'],
      ],
      [],
    ],
    [
      'both families',
      [
        ['a', own],
        ['b', own],
        ['a', '2a00::7'],
        ['b', '2a00::7'],
      ],
      [own, '2a00::7'],
    ],
  ])('%s', (_, said, expected) => {
    const hosts = createObservedHosts()
    for (const [group = '', host = ''] of said) hosts.observed(group, host, 0)
    expect(hosts.believed(0)).toEqual(expected)
  })

  it('follows a node that moved, and forgets what is old', () => {
    const hosts = createObservedHosts()
    for (const group of ['a', 'b']) hosts.observed(group, own, 0)
    expect(hosts.observed('a', lie, 1)).toBe(true)
    expect(hosts.observed('b', lie, 1)).toBe(true)
    expect(hosts.believed(1)).toEqual([lie])
    expect(hosts.believed(3 * 60 * 60_000)).toEqual([])
  })
})
