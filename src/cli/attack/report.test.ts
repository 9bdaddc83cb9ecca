import { describe, expect, it } from 'vitest'
import { figuresBetween } from './node-figures.ts'
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
    const report = makeReport({ ...facts, tally: tally.result(), node: { attacks: { flood: 2 }, refused: 35 }, samples })
    expect(report).toMatchObject({
      attempted: 100,
      accepted: 5,
      refused: { dropped: 35, banned: 60 },
      refusedPercent: 95,
      honest: { before: { p50: 20, p99: 30, samples: 3 }, after: { p50: null, samples: 0 }, ratioP50: 2 },
    })
  })

  it('never lets the node refuse more than was sent', () => {
    const report = makeReport({ ...facts, tally: tally.result(), node: { attacks: {}, refused: 1000 }, samples })
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
  it('is what grew, with series that are new', () => {
    const before = '# HELP x\nsynod_rejections_total{code="A"} 3\nsynod_attacks_total{kind="flood"} 1\nother 5\n'
    const after =
      'synod_rejections_total{code="A"} 5\nsynod_rejections_total{code="B"} 1e+1\nsynod_attacks_total{kind="flood"} 1\nsynod_attacks_total{kind="spam"} 2\nother 50\n'
    expect(figuresBetween(before, after)).toEqual({ attacks: { spam: 2 }, refused: 12 })
  })
})
