import { describe, expect, it } from 'vitest'
import { figuresBetween, snapshotOf } from './node-figures.ts'
import { makeReport, reportLines } from './report.ts'
import { createTally, refusedPercent } from './tally.ts'

const facts = {
  kind: 'message-spam',
  target: { host: '127.0.0.1', port: 1, address: '/ip4/127.0.0.1/tcp/1' },
  seconds: 10,
  rate: 100,
  connections: 1,
  unit: 'messages',
  measure: 'finality',
} as const

describe('a tally', () => {
  it('adds up, and remembers the first ban alone', () => {
    let now = 1000
    const tally = createTally(() => now)
    tally.accept(3)
    tally.refuse('door', 5)
    tally.refuse('banned')
    now = 1250
    tally.banned()
    now = 9000
    tally.banned()
    tally.moved('dropped', 2)
    tally.moved('disconnected', 10)
    expect(tally.result()).toEqual({
      attempted: 9,
      accepted: 0,
      refused: { door: 5, handshake: 0, hello: 0, dropped: 2, disconnected: 1, banned: 1 },
      banAfterMs: 250,
      reasons: {},
    })
  })

  it('keeps few reasons, however many a node gives', () => {
    const tally = createTally(() => 0)
    for (let index = 0; index < 100; index++) tally.reason(`reason ${index}`)
    tally.reason('reason 0')
    const { reasons } = tally.result()
    expect([Object.keys(reasons).length, reasons['reason 0']]).toEqual([16, 2])
  })

  it.each([
    [0, 0, null],
    [100, 0, 100],
    [100, 100, 0],
    [200, 9, 95.5],
  ])('of %i attempts and %i let in has refused %s percent', (attempted, accepted, percent) => {
    expect(refusedPercent({ attempted, accepted })).toBe(percent)
  })
})

describe('a report', () => {
  const tally = createTally(() => 0)
  tally.accept(40)
  tally.refuse('banned', 60)
  const samples = { before: [10, 20, 30], during: [30, 40, 50], after: [] }

  it('compares medians, and believes the node about what it dropped', () => {
    const report = makeReport({
      ...facts,
      tally: tally.result(),
      node: { attacks: ['flood'], refused: 5, processed: 10 },
      samples,
    })
    expect(report).toMatchObject({
      attempted: 100,
      accepted: 5,
      refused: { dropped: 35, banned: 60 },
      refusedPercent: 95,
      honest: { before: { p50: 20, p99: 30, samples: 3 }, after: { p50: null, samples: 0 }, ratioP50: 2 },
    })
  })

  it('never lets the node refuse more than was sent', () => {
    const report = makeReport({ ...facts, tally: tally.result(), node: { attacks: [], refused: 1000, processed: null }, samples })
    expect(report).toMatchObject({ attempted: 100, accepted: 0, refusedPercent: 100 })
  })

  it('has no ratio without samples', () => {
    const none = { before: [], during: [5], after: [] }
    expect(makeReport({ ...facts, tally: tally.result(), node: null, samples: none }).honest.ratioP50).toBeNull()
  })

  it('prints what a stranger’s node said without its control characters', () => {
    const said = createTally(() => 0)
    said.refuse('hello')
    said.reason('\u001b[2Jbegone')
    const text = reportLines(makeReport({ ...facts, tally: said.result(), node: null, samples })).join('\n')
    expect(text).toContain('1 × \\u001b[2Jbegone')
    expect(text).not.toContain('\u001b')
  })
})

describe('what a node’s metrics tell', () => {
  const metrics = (height: number, consensus: number, refused: number, attacks: string) =>
    snapshotOf(
      [
        '# HELP synod_messages_total Messages received.',
        `synod_consensus_height ${height}`,
        `synod_messages_total{channel="consensus"} ${consensus}`,
        'synod_messages_total{channel="batches"} 1e+3',
        `synod_gossip_control_total{outcome="taken"} ${2 * height}`,
        `synod_gossip_control_total{outcome="dropped"} ${9 * height}`,
        `synod_rejections_total{code="A"} ${refused}`,
        'synod_rejections_total{code="B"} 1',
        `synod_budget_exceeded_total{lane="x",outcome="refuse"} ${refused}`,
        `synod_budget_exceeded_total{lane="x",outcome="defer"} ${100 * refused}`,
        attacks,
        '',
      ].join('\n'),
    )
  const calm = metrics(100, 1000, 0, '')
  const start = metrics(110, 1300, 0, 'synod_attacks_total{kind="flood"} 1')

  it('is what was refused, and what honest blocks do not explain', () => {
    const end = metrics(150, 3500, 6, 'synod_attacks_total{kind="flood"} 1\nsynod_attacks_total{kind="spam"} 2')
    expect(figuresBetween(calm, start, end, ['consensus', 'batches'])).toEqual({
      attacks: ['spam'],
      refused: 12,
      processed: 1000,
    })
  })

  it('is the control of gossip that was heard, not what was dropped', () => {
    const end = metrics(110, 1300, 0, 'synod_gossip_control_total{outcome="taken"} 270')
    expect(figuresBetween(calm, start, end, ['gossip-control']).processed).toBe(50)
  })

  it('is never less than nothing', () => {
    expect(figuresBetween(calm, start, metrics(150, 1400, 0, ''), ['consensus']).processed).toBe(0)
  })

  it('has attacks that began before and go on', () => {
    const end = metrics(150, 3500, 0, 'synod_attack_active{kind="flood"} 1\nsynod_attack_active{kind="bomb"} 0')
    expect(figuresBetween(calm, start, end, [])).toEqual({ attacks: ['flood'], refused: 0, processed: null })
  })
})
