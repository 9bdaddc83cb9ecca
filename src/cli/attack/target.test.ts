import { describe, expect, it } from 'vitest'
import { readTarget } from './target.ts'

const never = () => Promise.reject(new Error('no name was to be resolved'))

describe('a target', () => {
  it.each([
    ['/ip4/127.0.0.1/tcp/26600', { host: '127.0.0.1', port: 26_600, address: '/ip4/127.0.0.1/tcp/26600' }],
    ['/ip6/::1/tcp/1', { host: '::1', port: 1, address: '/ip6/::1/tcp/1' }],
    [
      '/ip4/127.0.1.1/tcp/26600/p2p/12D3KooWGRUjbhGcGMWfsyxwXPkCWv2VvUSHZJVMnLyeE3mCC8Wm',
      { host: '127.0.1.1', port: 26_600, address: '/ip4/127.0.1.1/tcp/26600' },
    ],
  ])('%s', async (text, expected) => {
    expect(await readTarget(text, never)).toEqual(expected)
  })

  it.each([
    '',
    '127.0.0.1:26600',
    '/ip4/127.0.0.1',
    '/ip4/127.0.0.1/tcp/0',
    '/ip4/127.0.0.1/tcp/65536',
    '/ip4/127.0.0.1/udp/26600',
    '/ip4/127.0.0.1/tcp/26600/ws',
    '/ip4/127.0.0.1/tcp/26600/p2p-circuit',
    '/ip4/127.0.0.1/tcp/26600/p2p/12D3KooW/p2p-circuit/p2p/12D3KooW',
    '/ip4/127.1/tcp/26600',
    '/ip4/::1/tcp/26600',
    '/ip6/127.0.0.1/tcp/26600',
    '/ip6/fe80::1%eth0/tcp/26600',
    '/dnsaddr/example.org/tcp/26600',
    '/ip4/127.0.0.1/tcp/26600 ',
    '/ip4/127.0.0.1/tcp/26600\n/ip4/203.0.113.7/tcp/26600',
  ])('is not %j', async (text) => {
    await expect(readTarget(text, never)).rejects.toMatchObject({ code: 'USAGE_INVALID' })
  })

  it('is the address its name has when it is asked for, once', async () => {
    const answers = ['127.0.0.1', '203.0.113.7']
    const target = await readTarget('/dns4/node.example/tcp/26600', async () => answers.shift() as string)
    expect(target).toEqual({ host: '127.0.0.1', port: 26_600, address: '/ip4/127.0.0.1/tcp/26600' })
    expect(answers).toEqual(['203.0.113.7'])
  })

  it('has a name that resolves', async () => {
    await expect(readTarget('/dns6/node.example/tcp/26600', never)).rejects.toMatchObject({ code: 'ATTACK_REFUSED' })
  })
})
