import { describe, expect, it } from 'vitest'
import type { PeersView } from '../../client/views.ts'
import { noTraffic } from '../../ports/network.ts'
import { peersTable } from './peers-table.ts'

type Peer = PeersView['peers'][number]

const now = 1_000_000
function peer(index: number, fields: Partial<Peer> = {}): Peer {
  const { classes } = noTraffic()
  return {
    id: `12D3KooW${'x'.repeat(40)}000${index}`,
    address: `/ip4/127.0.1.${index}/tcp/26700`,
    host: `127.0.1.${index}`,
    transport: 'tcp',
    direction: index % 2 === 0 ? 'inbound' : 'outbound',
    protection: 'tls1.3 X25519MLKEM768',
    latencyMs: index === 0 ? null : index * 4.25,
    connectedAt: 0,
    height: 4,
    agent: '\u001b[2Jevil',
    staked: false,
    standing: { score: -12.5, reasons: [{ what: 'CODEC_TAG', at: now - 120_000, change: -10 }], bannedUntil: null },
    traffic: {
      wire: { bytesIn: 5, bytesOut: 5 },
      classes: { ...classes, consensus: { bytesIn: 1_200_000, bytesOut: 999 }, control: { bytesIn: 1, bytesOut: 2 } },
    },
    ...fields,
  }
}
const busy = Object.fromEntries(
  Object.keys(noTraffic().classes).map((name) => [name, { bytesIn: 987_654_321, bytesOut: 987_654_321 }]),
) as NonNullable<Peer['traffic']>['classes']

describe('the table of peers', () => {
  it('says everything of a peer in a line where there is room', () => {
    expect(peersTable([peer(1), peer(0)], now, 120)).toEqual([
      'peer       address          via  protection             dir   ms  score  consensus  control  why',
      '…xxxx0001  127.0.1.1:26700  tcp  tls1.3 X25519MLKEM768  out  4.3  −12.5   1.2M/999      1/2  CODEC_TAG −10 2 min ago',
      '…xxxx0000  127.0.1.0:26700  tcp  tls1.3 X25519MLKEM768  in     –  −12.5   1.2M/999      1/2  CODEC_TAG −10 2 min ago',
    ])
  })

  it('says it in several lines where there is not', () => {
    expect(peersTable([peer(1)], now, 80)).toEqual([
      'peer       address          via  protection             dir   ms  score',
      '…xxxx0001  127.0.1.1:26700  tcp  tls1.3 X25519MLKEM768  out  4.3  −12.5',
      '    consensus 1.2M/999  control 1/2',
      '    why: CODEC_TAG −10 2 min ago',
    ])
  })

  it('has no scores and no bytes for who is not told of them', () => {
    expect(peersTable([peer(2, { standing: null, traffic: null })], now, 80)).toEqual([
      'peer       address          via  protection             dir   ms  score',
      '…xxxx0002  127.0.1.2:26700  tcp  tls1.3 X25519MLKEM768  in   8.5      –',
    ])
  })

  it.each([80, 100, 132, 160, 200])(
    'fits %i columns whatever the peers are like, and passes nothing they wrote to the terminal',
    (width) => {
      const reasons = Array.from({ length: 4 }, (_, index) => ({
        what: `\u001b[31m${'WHY'.repeat(30)}`,
        at: index,
        change: -100,
      }))
      const worst = peer(1, {
        address: '/dns4/a-very-long-name-of-a-machine.example.org/tcp/26600',
        transport: 'simulated',
        protection: `noise-xx ${'X25519'.repeat(10)}`,
        latencyMs: 123_456,
        standing: { score: -100, reasons, bannedUntil: 'forever' },
        traffic: { wire: { bytesIn: 1, bytesOut: 1 }, classes: busy },
      })
      const lines = peersTable([peer(0), worst], now, width)
      expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(width)
      expect(lines.join('\n')).not.toContain('\u001b')
      expect(lines.join('\n')).toContain('988M/988M')
    },
  )
})
