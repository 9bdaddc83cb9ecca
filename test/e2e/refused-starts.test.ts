import { randomBytes } from 'node:crypto'
import { appendFile, chmod, copyFile, cp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { pictureOf } from '../recovery/stopped-node.ts'
import { createFollowerHome } from './support/follower-home.ts'
import { heightOf, type LocalNetwork, type LocalNode, reaches, startLocalNetwork } from './support/local-network.ts'
import { type RunOptions, runSynod } from './support/run-synod.ts'
import { until } from './support/until.ts'

/** What an operator may get wrong: each is refused under its own code and exit status, and harms nothing that runs. */
let network: LocalNetwork
const others: LocalNode[] = []

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 100 })
})
afterAll(async () => {
  await Promise.all(others.map((node) => node.stop()))
  await network?.stop()
})

async function expectRefusal(
  words: readonly string[],
  exit: number,
  code: string,
  says: RegExp,
  options?: RunOptions,
): Promise<void> {
  const { status, stderr } = await runSynod(words, { ...options, timeoutMs: 30_000 })
  const told = stderr.split('\n').filter((line) => !line.startsWith('{'))
  expect({ status, first: told[0]?.split(/\s/)[0], told: told.join('\n') }).toMatchObject({ status: exit, first: code })
  expect(told.join('\n')).toMatch(says)
  expect(told.join('\n')).toContain(`docs/errors.md#${code.toLowerCase()}`)
}

async function expectProgress(): Promise<void> {
  const node = network.nodes[0]!
  await reaches(node, (await heightOf(node)) + 3)
}

const anyPorts = ['--set', 'p2p.listen=/ip4/127.0.0.1/tcp/0', '--set', 'api.port=0']

describe('an operator token', () => {
  test('that others may read is refused, and one that is not there is made', async () => {
    const { home } = await createFollowerHome(network, 'exposed-token')
    const path = join(home, 'operator-token')
    await chmod(path, 0o644)
    await expectRefusal(['start', '--home', home, ...anyPorts], 77, 'KEY_FILE_EXPOSED', /mode is 644: others may use it/)
    const follower = await createFollowerHome(network, 'no-token')
    others.push(follower)
    await rm(join(follower.home, 'operator-token'))
    await follower.start()
    await until('the node answers', () => follower.client.status())
    expect((await stat(join(follower.home, 'operator-token'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(follower.home, 'operator-token'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
    await follower.stop()
  })
})

describe('a second process', () => {
  test('on the same data directory is refused', async () => {
    const { home, pid } = network.nodes[0]!
    await expectRefusal(['start', '--home', home, ...anyPorts], 75, 'DATA_DIR_LOCKED', new RegExp(`process ${pid}`))
    await expectProgress()
  })

  test('with the same validator key, in another home, is refused', async () => {
    const { home, pid } = network.nodes[1]!
    const twin = join(network.directory, 'twin')
    for (const path of ['keys', 'chain.toml', 'node.toml', 'passphrase'])
      await cp(join(home, path), join(twin, path), { recursive: true })
    await expectRefusal(['start', '--home', twin, ...anyPorts], 75, 'VALIDATOR_KEY_IN_USE', new RegExp(`Process ${pid}`))
    await expectProgress()
  })

  test('on the same port is refused', async () => {
    const [first] = network.nodes
    const follower = await createFollowerHome(network, 'same-port')
    const taken = (await first!.client.status()).addresses[0]!.split('/p2p/')[0]
    await expectRefusal(['start', '--home', follower.home, '--set', `p2p.listen=${taken}`], 69, 'LISTEN_FAILED', /tcp/)
    await expectRefusal(
      ['start', '--home', follower.home, '--set', `api.port=${new URL(first!.url).port}`],
      69,
      'API_LISTEN_FAILED',
      /cannot listen/,
    )
    await expectProgress()
  })
})

describe('a data directory', () => {
  test('of another chain is refused, and nothing in it is changed', async () => {
    const node = await createFollowerHome(network, 'other-chain')
    others.push(node)
    await node.start()
    await reaches(node, 1)
    await node.stop()
    const path = join(node.home, 'chain.toml')
    const spec = await readFile(path, 'utf8')
    await writeFile(path, spec.replace(/^name = .*$/m, 'name = "another"'))
    const before = await pictureOf(join(node.home, 'data'))
    await expectRefusal(['start', '--home', node.home], 78, 'DATA_OF_ANOTHER_CHAIN', /is of chain [0-9a-f]{64}, and this is/)
    const after = await pictureOf(join(node.home, 'data'))
    // Whoever looks locks it meanwhile.
    for (const picture of [before, after]) for (const name of picture.keys()) if (/lock$/i.test(name)) picture.delete(name)
    expect(after).toEqual(before)
    await writeFile(path, spec)
    await node.start()
    await reaches(node, await heightOf(network.nodes[0]!))
    await node.stop()
  })
})

describe('a configuration', () => {
  let home: string
  let text: string
  beforeAll(async () => {
    const follower = await createFollowerHome(network, 'config')
    home = follower.home
    text = await readFile(join(home, 'node.toml'), 'utf8')
  })

  test.each([
    ['an unknown key', '[log]\nlevle = "info"\n', 'CONFIG_UNKNOWN_KEY', /node\.toml:\d+[\s\S]*Did you mean log\.level\?/],
    ['a value of the wrong kind', '[log]\nlevel = 3\n', 'CONFIG_INVALID_VALUE', /node\.toml:\d+[\s\S]*log\.level/],
    ['broken TOML', '[log\n', 'CONFIG_SYNTAX', /node\.toml:\d+/],
  ])('with %s', async (_what, addition, code, says) => {
    const bad = join(network.directory, `config-${code}`)
    await cp(home, bad, { recursive: true })
    await writeFile(join(bad, 'node.toml'), `${text.replace(/^\[log\]$/m, '# [log]')}\n${addition}`)
    await expectRefusal(['start', '--home', bad], 78, code, says)
  })

  test('with settings that contradict each other', async () => {
    const words = ['start', '--home', home, '--set', 'p2p.require_hybrid=true', '--set', 'p2p.security=tls,noise']
    await expectRefusal(words, 78, 'CONFIG_CONTRADICTION', /require_hybrid/)
  })

  test('from the command line or the environment that is unknown', async () => {
    await expectRefusal(['start', '--home', home, '--set', 'p2p.peer=x'], 78, 'CONFIG_UNKNOWN_KEY', /Did you mean p2p\.peers\?/)
    const environment = { SYNOD_P2P_PEER: 'x' }
    await expectRefusal(['start', '--home', home], 78, 'CONFIG_UNKNOWN_KEY', /Did you mean SYNOD_P2P_PEERS\?/, { environment })
  })

  test('that is not there', async () => {
    await expectRefusal(['start', '--home', join(network.directory, 'nowhere')], 66, 'CONFIG_FILE_MISSING', /no such file/i)
  })
})

describe('a passphrase', () => {
  test('that is wrong does not open the keys', async () => {
    const follower = await createFollowerHome(network, 'passphrase')
    const environment = { SYNOD_PASSPHRASE: 'not this one' }
    await expectRefusal(['start', '--home', follower.home], 77, 'KEY_FILE_PASSPHRASE', /peer\.key/, { environment })
  })

  test('that nobody gives is asked for', async () => {
    const follower = await createFollowerHome(network, 'no-passphrase')
    await rm(join(follower.home, 'passphrase'))
    await expectRefusal(['start', '--home', follower.home], 78, 'PASSPHRASE_MISSING', /SYNOD_PASSPHRASE/)
  })
})

test('a node of another chain is turned away, which its log explains and the network counts', async () => {
  const chainText = network.chainText.replace(/^name = .*$/m, 'name = "another"')
  expect(chainText).not.toBe(network.chainText)
  const stranger = await createFollowerHome(network, 'stranger', { chainText, overrides: ['log.level=debug'] })
  others.push(stranger)
  await stranger.start()
  const says = async (node: LocalNode) => (await node.log()).split('\n').find((line) => line.includes('HELLO_WRONG_CHAIN'))
  await until('the stranger’s log says why', () => says(stranger))
  // Strangers are many, and could fill a log: the network says it in its metrics.
  await until('the network counts whom it turned away', async () => {
    const metrics = await Promise.all(
      network.nodes.map(async ({ url }) => (await fetch(new URL('/metrics', url)).catch(() => undefined))?.text() ?? ''),
    )
    return metrics.find((text) => /^synod_peers_refused_total\{code="HELLO_WRONG_CHAIN"\} [1-9]/m.test(text))
  })
  expect((await stranger.client.peers()).peers).toEqual([])
  expect(await heightOf(stranger)).toBe(0)
  await expectProgress()
})

describe('a consensus log that is damaged', () => {
  let victim: LocalNode
  beforeEach(async () => {
    victim = network.nodes[2]!
    await victim.kill()
  })

  test('at its end is mended, and nothing is lost', async () => {
    const tip = await heightOf(network.nodes[0]!)
    for (const part of ['wal-a', 'wal-b']) await appendFile(join(victim.home, 'data', part), randomBytes(37))
    await victim.start()
    await reaches(victim, tip + 3)
    await until('it signs again', async () => {
      const { mode, signing, fault } = await victim.client.status()
      return mode === 'consensus' && signing && fault === null
    })
  })

  test('in its middle is refused, with the way out, which works', async () => {
    const data = join(victim.home, 'data')
    const paths = ['wal-a', 'wal-b'].map((part) => join(data, part))
    const contents = await Promise.all(paths.map((path) => readFile(path)))
    const longest = contents[0]!.length > contents[1]!.length ? 0 : 1
    const path = paths[longest]!
    // Within the first record: others stand behind it.
    await copyFile(path, `${path}.good`)
    const damaged = Buffer.from(contents[longest]!)
    damaged[24]! ^= 0xff
    await writeFile(path, damaged)
    await expectRefusal(['start', '--home', victim.home], 74, 'WAL_CORRUPT', /move it away/)
    expect(await readFile(path)).toEqual(damaged)

    await rm(path)
    await victim.start()
    await reaches(victim, (await heightOf(network.nodes[0]!)) + 3)
    await expectProgress()
  })
})
