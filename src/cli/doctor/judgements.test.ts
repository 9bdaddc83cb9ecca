import { describe, expect, it, test } from 'vitest'
import type { NatReport, NatType } from '../../peers/nat-behaviour.ts'
import { type ClockEvidence, judgeClock } from './clock.ts'
import { judgeDiskSpace, judgeDiskSpeed } from './disk.ts'
import { examine, type Level } from './finding.ts'
import { judgePort, portsOf } from './ports.ts'
import { judgeNatType, judgePortMapping, judgePublicAddress, judgeReachability } from './reach.ts'
import { judgeNodeVersion, judgeOpenFiles, openFilesLimit } from './runtime.ts'
import { judgeSecrets } from './secrets.ts'
import { judgeSeeds, type SeedAnswer } from './seeds.ts'

test.each<[string, Level]>([
  ['24.0.0', 'ok'],
  ['25.1.0', 'ok'],
  ['22.12.0', 'failure'],
])('Node %s: %s', (version, level) => {
  expect(judgeNodeVersion(version).level).toBe(level)
})

describe('open files', () => {
  test.each<[number | 'unlimited' | undefined, Level]>([
    [1350, 'ok'],
    [1349, 'warning'],
    [253, 'warning'],
    [252, 'failure'],
    ['unlimited', 'ok'],
    [undefined, 'warning'],
  ])('%s may be open beside 125 connections: %s', (limit, level) => {
    expect(judgeOpenFiles(limit, 125).level).toBe(level)
  })

  it('reads the limit of this very process', () => {
    expect(openFilesLimit()).toSatisfy((limit) => limit === 'unlimited' || (limit as number) > 0)
  })
})

test.each<[number, number, Level]>([
  [0.2, 500e6, 'ok'],
  [11, 500e6, 'warning'],
  [0.2, 10e6, 'warning'],
  [101, 500e6, 'failure'],
])('a disk that takes %d ms for a durable write and carries %d bytes/s: %s', (syncMs, bytesPerSecond, level) => {
  expect(judgeDiskSpeed({ syncMs, bytesPerSecond }).level).toBe(level)
})

test.each<[number, Level]>([
  [100, 'ok'],
  [2, 'ok'],
  [1, 'warning'],
  [0.1, 'failure'],
])('%d GiB free: %s', (free, level) => {
  expect(judgeDiskSpace({ freeBytes: free * 2 ** 30, totalBytes: 2 ** 40 }).level).toBe(level)
})

describe('the clock', () => {
  const none: ClockEvidence = {
    aheadMs: [],
    servers: 0,
    newestBlockAgeMs: undefined,
    freshBlockAgeMs: undefined,
    blockDelayMs: 6000,
    precisionMs: 500,
  }
  test.each<[string, Partial<ClockEvidence>, Level, RegExp]>([
    ['agrees', { aheadMs: [3, -2, 1], servers: 3 }, 'ok', /1 ms ahead of 3 of 3/],
    ['is a little ahead', { aheadMs: [300], servers: 2 }, 'warning', /300 ms ahead of 1 of 2/],
    ['is behind', { aheadMs: [-5000, -5001, -4999], servers: 3 }, 'failure', /5000 ms behind/],
    ['has one liar among its servers', { aheadMs: [1, 2, 9e9], servers: 3 }, 'ok', /2 ms/],
    ['has nobody to ask', {}, 'warning', /unknown: no time server/],
    ['has servers that are silent', { servers: 2 }, 'warning', /none of 2 time servers/],
    ['sees a block of the future', { newestBlockAgeMs: -600 }, 'failure', /600 ms behind the validators/],
    ['sees a block become final', { newestBlockAgeMs: 900, freshBlockAgeMs: 40 }, 'ok', /agrees with the validators: .* 40 ms/],
    ['sees one become final late', { freshBlockAgeMs: 6400 }, 'ok', /agrees/],
    ['sees one that no message takes so long', { freshBlockAgeMs: 9000 }, 'failure', /3000 ms ahead of the validators/],
    ['has servers, which know better than blocks', { aheadMs: [0], servers: 1, freshBlockAgeMs: 9000 }, 'ok', /time servers/],
    ['sees an old block', { newestBlockAgeMs: 1e7 }, 'warning', /unknown/],
  ])('%s', (_what, evidence, level, found) => {
    expect(judgeClock({ ...none, ...evidence })).toMatchObject({ level, found: expect.stringMatching(found) })
  })
})

describe('ports', () => {
  const port = { use: 'p2p', protocol: 'tcp', host: '0.0.0.0', port: 26_600 } as const
  test.each<[string, boolean, Level]>([
    ['free', false, 'ok'],
    ['EADDRINUSE', false, 'failure'],
    ['EACCES', false, 'failure'],
    ['EADDRNOTAVAIL', false, 'failure'],
    ['EADDRINUSE', true, 'ok'],
    ['free', true, 'failure'],
  ])('%s, while the node runs %s: %s', (state, isRunning, level) => {
    expect(judgePort(port, state, isRunning).level).toBe(level)
  })

  it('any free port is well', () => {
    expect(judgePort({ ...port, port: 0 }, 'free', true).level).toBe('ok')
  })

  it('are read from addresses of every transport', () => {
    expect(portsOf(['/ip4/0.0.0.0/tcp/1', '/ip6/::/udp/2/quic-v1', '/ip4/127.0.0.1/tcp/3/ws', '/dns4/a.example/tcp/4'])).toEqual([
      { use: 'p2p', protocol: 'tcp', host: '0.0.0.0', port: 1 },
      { use: 'p2p', protocol: 'udp', host: '::', port: 2 },
      { use: 'p2p', protocol: 'tcp', host: '127.0.0.1', port: 3 },
    ])
  })
})

describe('key files', () => {
  const file = { path: 'keys/peer.key', isRequired: true }
  test.each<[string, { mode?: number; owner?: number; isRequired?: boolean }, number | undefined, Level]>([
    ['the owner’s alone', { mode: 0o600, owner: 1000 }, 1000, 'ok'],
    ['read by the group', { mode: 0o640, owner: 1000 }, 1000, 'failure'],
    ['read by all', { mode: 0o604, owner: 1000 }, 1000, 'failure'],
    ['somebody else’s', { mode: 0o600, owner: 0 }, 1000, 'failure'],
    ['somebody else’s, for root', { mode: 0o600, owner: 1000 }, 0, 'ok'],
    ['missing', {}, 1000, 'failure'],
    ['missing, and not needed', { isRequired: false }, 1000, 'ok'],
    ['on a system without modes', { mode: 0o666 }, undefined, 'warning'],
  ])('%s', (_what, change, user, level) => {
    expect(judgeSecrets([{ ...file, ...change }], user).map((finding) => finding.level)).toEqual([level])
  })
})

describe('DNS seeds', () => {
  const answer: SeedAnswer = {
    seed: 'seed.example',
    resolver: 'system',
    isCaptive: false,
    addresses: 20,
    kind: 'service',
    failures: ['no-data'],
  }
  test.each<[string, readonly Partial<SeedAnswer>[], boolean, readonly Level[]]>([
    ['one that answers', [{}], false, ['ok']],
    ['none', [], false, ['warning']],
    ['none, with peers', [], true, ['ok']],
    ['one of two', [{}, { addresses: 0, failures: ['timeout'] }], false, ['ok', 'warning']],
    ['nobody answers', [{ addresses: 0, failures: ['nxdomain'] }], false, ['warning', 'failure']],
    ['nobody answers, with peers', [{ addresses: 0, failures: ['servfail'] }], true, ['warning']],
    ['a captive resolver', [{ addresses: 0, isCaptive: true }], false, ['warning', 'failure']],
  ])('%s', (_what, answers, knowsPeers, levels) => {
    const findings = judgeSeeds(
      answers.map((change) => ({ ...answer, ...change })),
      knowsPeers,
    )
    expect(findings.map(({ level }) => level)).toEqual(levels)
  })
})

describe('the way in', () => {
  const report: NatReport = {
    type: 'open',
    mapping: 'none',
    filtering: 'endpoint-independent',
    publicHost: '203.0.113.7',
    asked: 2,
    answered: 2,
    contradicting: 0,
  }
  test.each<[NatType, Level]>([
    ['open', 'ok'],
    ['full-cone', 'ok'],
    ['port-restricted', 'ok'],
    ['symmetric', 'warning'],
    ['firewalled', 'warning'],
    ['blocked', 'warning'],
    ['unknown', 'warning'],
  ])('a NAT that is %s: %s', (type, level) => {
    expect(judgeNatType({ ...report, type }).level).toBe(level)
  })

  it('says that nobody was asked', () => {
    expect(judgeNatType(undefined)).toMatchObject({ level: 'warning', found: expect.stringContaining('no STUN server') })
    expect(judgePublicAddress(undefined, []).level).toBe('warning')
    expect(judgePublicAddress(undefined, ['/ip4/203.0.113.7/tcp/1']).level).toBe('ok')
    expect(judgePublicAddress(report, [])).toMatchObject({ level: 'ok', found: '203.0.113.7' })
  })

  test.each<['public' | 'private' | 'unknown' | undefined, number, boolean, Level]>([
    ['public', 0, true, 'ok'],
    ['private', 0, true, 'warning'],
    ['unknown', 0, true, 'warning'],
    ['unknown', 3, true, 'ok'],
    ['private', 3, true, 'warning'],
    [undefined, 0, true, 'warning'],
    [undefined, 0, false, 'ok'],
  ])('peers say %s, %d have connected, listening %s: %s', (said, inbound, listens, level) => {
    expect(judgeReachability(said, inbound, listens).level).toBe(level)
  })
})

test.each<[Parameters<typeof judgePortMapping>[0], readonly Level[]]>([
  [undefined, []],
  ['none', []],
  ['mapped', ['ok']],
  ['double-nat', ['warning']],
  ['forgetful', ['warning']],
  ['refused', ['warning']],
])('a router that does %s: %j', (status, levels) => {
  expect(judgePortMapping(status).map(({ level }) => level)).toEqual(levels)
})

test('a check that cannot be made is a finding', async () => {
  const findings = await examine('disk speed', async () => {
    throw new Error('EROFS')
  })
  expect(findings).toEqual([
    expect.objectContaining({ check: 'disk speed', level: 'warning', found: 'could not be checked: EROFS' }),
  ])
})
