import { describe, expect, it } from 'vitest'
import { renderTemplate } from '../../settings/render-template.ts'
import { nodeConfigSchema } from './node-config.ts'
import { type NodeConfigSources, resolveNodeConfig } from './resolve-node-config.ts'

function resolve(text: string, others: Partial<NodeConfigSources> = {}) {
  return resolveNodeConfig({ file: { text, where: 'node.toml' }, environment: {}, overrides: [], ...others })
}

function resolved(text: string, others: Partial<NodeConfigSources> = {}) {
  const result = resolve(text, others)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

describe('precedence', () => {
  const text = '[log]\nlevel = "warn"\n[api]\nport = 1\n'

  it('is defaults, file, environment, command line, each with its origin', () => {
    const environment = {
      SYNOD_API_PORT: '2',
      SYNOD_P2P_PEERS: '/ip4/1.2.3.4/tcp/5,/dns4/a.example/tcp/6',
      SYNOD_PASSPHRASE: 'x',
    }
    const { config, origins } = resolved(text, {
      environment,
      overrides: ['api.port=3', 'p2p.require_hybrid=true', 'p2p.security=tls'],
    })
    expect(config.log.level).toBe('warn')
    expect(config.api.port).toBe(3)
    expect(config.p2p.peers).toEqual(['/ip4/1.2.3.4/tcp/5', '/dns4/a.example/tcp/6'])
    expect(config.p2p.require_hybrid).toBe(true)
    expect(Object.fromEntries(origins)).toMatchObject({
      'log.level': 'node.toml:2',
      'api.port': '--set',
      'p2p.peers': 'SYNOD_P2P_PEERS',
      'p2p.security': '--set',
      'log.format': 'default',
    })
  })

  it('the last --set of a setting wins, and an empty list is a list', () => {
    expect(resolved(text, { overrides: ['p2p.listen=', 'api.port=4', 'api.port=5'] }).config).toMatchObject({
      p2p: { listen: [] },
      api: { port: 5 },
    })
  })

  it('the result is frozen', () => {
    const { config } = resolved('')
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.p2p.security)).toBe(true)
  })
})

describe('faults', () => {
  it.each([
    [
      'a key in the file',
      '[p2p]\nmax_peers = 1',
      {},
      'CONFIG_UNKNOWN_KEY node.toml:2 Unknown key p2p.max_peers. Did you mean p2p.peers?',
    ],
    ['a key before any table', 'peers = []', {}, 'CONFIG_UNKNOWN_KEY node.toml:1 Unknown key peers. Did you mean p2p.peers?'],
    ['a table', '[p2q]\npeers = []', {}, 'CONFIG_UNKNOWN_KEY node.toml:1 Unknown key p2q. Did you mean p2p?'],
    [
      'something in a table’s place',
      'p2p = 5',
      { overrides: ['p2p.peers='] },
      'CONFIG_INVALID_VALUE node.toml:1 p2p is 5; it must be a table.',
    ],
    [
      'a name in the environment',
      '',
      { environment: { SYNOD_LOG_LEVLE: 'info' } },
      'CONFIG_UNKNOWN_KEY environment Unknown setting SYNOD_LOG_LEVLE. Did you mean SYNOD_LOG_LEVEL?',
    ],
    [
      'a value in the environment',
      '',
      { environment: { SYNOD_LOG_LEVEL: 'infos' } },
      'CONFIG_INVALID_VALUE SYNOD_LOG_LEVEL log.level is "infos"; it must be "debug" or "info" or "warn" or "error". Did you mean info?',
    ],
    [
      'a --set of nothing known',
      '',
      { overrides: ['api.prot=1'] },
      'CONFIG_UNKNOWN_KEY --set Unknown key api.prot. Did you mean api.port?',
    ],
    ['a --set without a value', '', { overrides: ['api.port'] }, 'CONFIG_INVALID_VALUE --set api.port is given no value'],
    [
      'a --set of another type',
      '',
      { overrides: ['api.port=x'] },
      'CONFIG_INVALID_VALUE --set api.port is "x"; it must be an integer.',
    ],
    [
      'a flag that is neither',
      '',
      { overrides: ['api.enabled=yes'] },
      'CONFIG_INVALID_VALUE --set api.enabled is "yes"; it must be true or false.',
    ],
    [
      'an address',
      '[p2p]\npeers = ["/ip4/1.2.3.4/tcp/5", "1.2.3.4:5"]',
      {},
      'CONFIG_INVALID_VALUE node.toml:2 p2p.peers[1] is "1.2.3.4:5"; it must be an address such as',
    ],
    [
      'a hybrid policy that Noise cannot keep',
      '[p2p]\nrequire_hybrid = true',
      {},
      'CONFIG_CONTRADICTION node.toml:1 p2p.require_hybrid is true, which Noise cannot offer',
    ],
    [
      'a protocol twice',
      '[p2p]\nsecurity = ["tls", "tls"]',
      {},
      'CONFIG_CONTRADICTION node.toml:2 p2p.security names a protocol twice.',
    ],
    [
      'a sender with more than the mempool',
      '[mempool]\nper_sender_max = 60_000',
      {},
      'CONFIG_CONTRADICTION node.toml:2 mempool.per_sender_max is 60000',
    ],
    [
      'a local address for a transport that takes none',
      '[p2p]\ndial_from = "127.0.7.1"\npeers = ["/ip4/127.0.0.1/udp/26600/quic-v1"]',
      {},
      'CONFIG_CONTRADICTION node.toml:2 p2p.dial_from is set, and /ip4/127.0.0.1/udp/26600/quic-v1 of p2p.peers cannot',
    ],
    [
      'WebRTC over both families',
      '[p2p]\nlisten = ["/ip4/0.0.0.0/udp/1/webrtc-direct", "/ip6/::/udp/2/webrtc-direct"]',
      {},
      'CONFIG_CONTRADICTION node.toml:2 p2p.listen has webrtc-direct addresses of IPv4 and of IPv6',
    ],
    ['one port for two', '[p2p]\nlisten = ["/ip4/0.0.0.0/tcp/26610"]', {}, 'CONFIG_CONTRADICTION node.toml:1 api.port is 26610'],
  ])('%s is told with its place', (_name, text, others, expected) => {
    const result = resolve(text, others as Partial<NodeConfigSources>)
    const faults = result.ok ? [] : result.error.map(({ code, where, message }) => `${code} ${where} ${message}`)
    expect(
      faults.some((fault) => fault.startsWith(expected)),
      faults.join('\n'),
    ).toBe(true)
  })
})

it('the template is a good configuration, and means the defaults', () => {
  const template = renderTemplate(nodeConfigSchema, { head: 'x' })
  expect(resolved(template).config).toEqual(resolved('').config)
})
