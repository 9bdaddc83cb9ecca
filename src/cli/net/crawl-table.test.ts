import { expect, test } from 'vitest'
import { crawlFigures, crawlLines } from './crawl-table.ts'

const node = (peer: string, reachable: boolean) => ({
  peer,
  addresses: [`/ip4/60.1.0.${peer.length}/tcp/26600`],
  group: '60.1.0.0/16',
  reachable,
  agent: reachable ? 'synod/0.1.0' : '',
  height: reachable ? 7 : 0,
  protocolMax: reachable ? 2 : 0,
  capabilities: [],
  told: 1,
})

test('a crawl is told in figures, and node by node', () => {
  const figures = crawlFigures({
    running: false,
    possible: true,
    last: { at: 1, durationMs: 1500, complete: true, nodes: [node('a', true), node('bb', true), node('ccc', false)] },
  })
  expect(figures).toMatchObject({
    seen: 3,
    reachable: 2,
    agents: { 'synod/0.1.0': 2 },
    protocols: { 2: 2 },
    groups: { '60.1.0.0/16': 3 },
  })
  const lines = crawlLines(figures, 100)
  expect(lines[0]).toBe('3 nodes seen, 2 reachable, in 1.5 s')
  expect(lines.filter((line) => line.includes('/ip4/60.1.0.'))).toHaveLength(3)
})

test('before any crawl there is nobody', () => {
  expect(crawlLines(crawlFigures({ running: true, possible: true, last: null }), 80)[0]).toBe(
    '0 nodes seen, 0 reachable, in 0.0 s (not all were asked)',
  )
})
