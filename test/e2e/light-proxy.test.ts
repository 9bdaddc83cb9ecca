import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemEntropy } from '../../src/adapters/system/system-entropy.ts'
import { lightBlockToView } from '../../src/api/to-view.ts'
import { bitmapOf } from '../../src/chain/bitmap.ts'
import { blockHash } from '../../src/chain/header.ts'
import { validatorSet, validatorSetHash } from '../../src/chain/validator-set.ts'
import { precommit, voteSignBytes } from '../../src/chain/vote.ts'
import { createClient } from '../../src/client/client.ts'
import { lightBlockFromView } from '../../src/client/from-view.ts'
import { aggregateSignatures, blsKeypair, blsSign, provePossession } from '../../src/crypto/bls.ts'
import type { LightBlock } from '../../src/light/light-block.ts'
import { homeFiles } from '../../src/node/config/node-home.ts'
import { fromHex, toHex } from '../../src/primitives/bytes.ts'
import { foundLocalNetwork, type LocalNetwork, reaches } from './support/local-network.ts'
import { runSynod, startSynod } from './support/run-synod.ts'
import { signedTransfer } from './support/signed-transfer.ts'
import { until } from './support/until.ts'
import { stolenKey } from './support/validator-keys.ts'

let network: LocalNetwork

beforeAll(async () => {
  network = await foundLocalNetwork({ intervalMs: 200 })
  for (const { home } of network.nodes) {
    const file = join(home, homeFiles.node)
    const settings = await readFile(file, 'utf8')
    await writeFile(file, settings.replace(/^(listen = \["\/ip4\/)([0-9.]+)(.*)\]$/m, '$1$2$3, "/ip4/$2/tcp/0/ws"]'))
  }
  await network.start()
  await Promise.all(network.nodes.map((node) => reaches(node, 1)))
})
afterAll(() => network?.stop())

const words = (...more: string[]) => wordsFor(network.nodes[1]!.url, ...more)

async function wordsFor(witness: string, ...more: string[]): Promise<string[]> {
  const chain = join(network.nodes[0]!.home, 'trusted-chain.toml')
  await writeFile(chain, network.chainText)
  return ['light', '--chain', chain, '--api', network.nodes[0]!.url, '--witness', witness, '--port', '0', ...more]
}

/** Serves headers that two of the four validators have signed with somebody who is none, over the chain's own parents. */
async function startFalseNode(): Promise<{ readonly url: string; readonly liars: readonly string[]; stop(): void }> {
  const liars = await Promise.all([2, 3].map((index) => stolenKey(network.nodes[index]!.home)))
  const stranger = blsKeypair(systemEntropy.bytes(32))
  const signers = [...liars, stranger]
  const set = validatorSet(signers.map(({ publicKey }) => ({ consensusKey: publicKey, power: 1n })))
  const { validators } = set
  const validatorsHash = validatorSetHash(set)
  const forge = (real: LightBlock): LightBlock => {
    const header = { ...real.header, validatorsHash, nextValidatorsHash: validatorsHash }
    const { height } = header
    const round = real.commit.round + 1
    const hash = blockHash(header)
    const message = voteSignBytes(network.chain.chainId, { kind: precommit, height, round, blockHash: hash })
    const signature = aggregateSignatures(signers.map((key) => blsSign(key, message)))
    const proof = { consensusKey: stranger.publicKey, operator: undefined, proof: provePossession(stranger) }
    const commit = { height, round, blockHash: hash, signers: bitmapOf([0, 1, 2], 3), signature }
    return { header, commit, validators, nextValidators: undefined, possessions: [proof] }
  }
  const server = createServer(async ({ url = '' }, response) => {
    const asked = /^\/v1\/light-blocks\/(\d+|latest)$/.exec(url)?.[1]
    const real = asked && (await network.nodes[1]!.client.lightBlock(asked === 'latest' ? asked : Number(asked)))
    response.writeHead(real ? 200 : 404, { 'content-type': 'application/json' })
    response.end(real ? JSON.stringify(lightBlockToView(forge(lightBlockFromView(real)))) : '{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, liars: liars.map(({ publicKey }) => toHex(publicKey)), stop: () => server.close() }
}

test('a proxy serves accounts and headers that it has verified and compared', async () => {
  const run = startSynod(await words('--witnesses-min', '1'))
  const url = await until('the proxy listens', async () => /"url":"([^"]+)"/.exec(run.output)?.[1])
  const asked = createClient(url)
  const account = network.accounts[0]!.address
  const view = await until('an account is proved', () => asked.account(account).catch(() => undefined))
  expect(view.balance).toBe((await network.nodes[2]!.client.account(account)).balance)
  expect((await asked.lightBlock('latest'))!.header.height).toBeGreaterThan(0)
  await expect(asked.peers()).rejects.toMatchObject({ code: 'LIGHT_UNPROVABLE' })
  expect((await run.kill('SIGTERM')).status).toBe(0)
})

test('the same over libp2p WebSocket alone, as a visitor of two nodes', async () => {
  const addresses = await Promise.all(
    network.nodes.slice(0, 2).map(async ({ client }) => (await client.status()).addresses.find((one) => one.includes('/ws'))),
  )
  const chain = join(network.nodes[0]!.home, 'trusted-chain.toml')
  await writeFile(chain, network.chainText)
  const peers = addresses.flatMap((address) => ['--peer', address!])
  const run = startSynod(['light', '--chain', chain, ...peers, '--port', '0', '--witnesses-min', '1'])
  const url = await until('the proxy listens', async () => /"url":"([^"]+)"/.exec(run.output)?.[1])
  const asked = createClient(url)
  const account = network.accounts[0]!.address
  const view = await until('an account is proved', () => asked.account(account).catch(() => undefined))
  expect(view.balance).toBe((await network.nodes[2]!.client.account(account)).balance)
  expect((await asked.state(new Uint8Array([1, 2, 3]))).value).toBe(null)
  expect((await asked.lightBlock(1))!.header.height).toBe(1)
  const { encoded, id } = signedTransfer(network, network.accounts[0]!, network.accounts[1]!)
  await network.nodes[2]!.client.submit([encoded])
  const found = await until('the transfer is proved', () => asked.transaction(id).catch(() => undefined))
  expect(found.id).toBe(toHex(id))
  expect(await asked.transaction(new Uint8Array(32))).toBe(undefined)
  await expect(asked.block(1)).rejects.toMatchObject({ code: 'LIGHT_UNPROVABLE' })
  // Visitors are nobody's peers.
  expect((await network.nodes[0]!.client.peers()).peers).toHaveLength(3)
  expect((await run.kill('SIGTERM')).status).toBe(0)
})

test('a trusted block that is not the chain’s is refused before anything is served', async () => {
  const wrong = await runSynod(await words('--trust-height', '1', '--trust-hash', '00'.repeat(32)))
  expect(wrong.status).toBe(1)
  expect(wrong.stderr).toContain('LIGHT_ROOT_WRONG')
})

test('whoever signed the chain’s header and a false one is told of to the nodes, and the proof is kept', async () => {
  const liar = await startFalseNode()
  try {
    const run = await runSynod(await wordsFor(liar.url, '--evidence', network.directory))
    expect(run.stderr).toContain('CHAIN_FORKED')
    const [, file] = /^CHAIN_FORKED {2}(\S+)$/m.exec(run.stderr) ?? []
    const record = JSON.parse(await readFile(file!, 'utf8')) as { kind: string; convicted: string[]; evidence: string[] }
    expect(record.kind).toBe('lunatic')
    // One of them at least: the chain's commit has the signatures of three of four.
    expect(record.convicted.length).toBeGreaterThan(0)
    expect(liar.liars).toEqual(expect.arrayContaining(record.convicted))
    const count = record.evidence.length
    expect(count).toBe(record.convicted.length)
    expect(run.stderr).toContain(`${network.nodes[0]!.url} took ${count} of ${count} pieces of evidence`)
    const again = await network.nodes[0]!.client.submitEvidence(record.evidence.map((text) => fromHex(text) as Uint8Array))
    expect(again.every((result) => ('isNew' in result ? !result.isNew : result.code === 'EVIDENCE_KNOWN'))).toBe(true)
  } finally {
    liar.stop()
  }
})
