import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { transactionSchema } from '../../src/chain/transaction.ts'
import type { Client } from '../../src/client/client.ts'
import { bytesFromView } from '../../src/client/from-view.ts'
import { verifiedHeader, verifyAccount, verifyTransaction } from '../../src/client/verify.ts'
import type { LightBlockView, TransactionView } from '../../src/client/views.ts'
import { decode } from '../../src/codec/codec.ts'
import { addressOf } from '../../src/crypto/address.ts'
import { fromHex } from '../../src/primitives/bytes.ts'
import { mutationsOf } from '../client/mutations.ts'
import { type LocalNetwork, startLocalNetwork } from './support/local-network.ts'
import { runSynod } from './support/run-synod.ts'
import { signedTransfer } from './support/signed-transfer.ts'
import { until } from './support/until.ts'

let network: LocalNetwork

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 100 })
})
afterAll(() => network?.stop())

const account = (index: number) => network.accounts[index]!
const client = (index: number) => network.nodes[index]!.client

async function finalTransfer(from: number, nonce: number): Promise<TransactionView> {
  const { encoded, id } = signedTransfer(network, account(from), account((from + 1) % 4), { nonce })
  expect(await client(0).submit([encoded])).toEqual([{ id: Buffer.from(id).toString('hex') }])
  return until('the transfer is final', () => client(1).transaction(id))
}

async function headerAt(height: number, asked: Client = client(2)) {
  const header = await verifiedHeader(asked, height, network.trust)
  if (!header.ok) throw new Error(header.error.code)
  return header.value
}

describe('a transfer sent from the command line', () => {
  test('is final when the command says so, and its proof verifies on another node', async () => {
    const [{ home, url }] = network.nodes as unknown as [{ home: string; url: string }]
    const to = account(1).address
    const words = [
      'tx',
      'send',
      '--home',
      home,
      '--api',
      url,
      '--from',
      'alice',
      '--to',
      to,
      '--amount',
      '1.5',
      '--wait',
      '--json',
    ]
    const { status, stdout, stderr } = await runSynod(words)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { id } = JSON.parse(stdout) as { id: string }

    const view = await until('another node has it', () => client(3).transaction(fromHex(id)!))
    expect(verifyTransaction(view, await headerAt(view.height))).toEqual({ ok: true, value: undefined })
    const decoded = decode(transactionSchema, bytesFromView(view.encoded))
    expect(decoded).toMatchObject({ ok: true, value: { operations: [{ type: 'transfer', amount: 1_500_000_000n }] } })
    expect(view.result.code).toBe(0)
  })
})

describe('a node that lies', () => {
  test('about a transaction, its result or its place is found out, whatever it changes', async () => {
    const view = await finalTransfer(1, 0)
    const header = await headerAt(view.height)
    expect(verifyTransaction(view, header).ok).toBe(true)
    const believed = [...mutationsOf(view)].filter(({ value }) => verifyTransaction(value, header).ok)
    expect(believed.map(({ what }) => what)).toEqual([])
  })

  test('about an account is found out', async () => {
    for (const [index, absent] of [
      [2, false],
      [0, true],
    ] as const) {
      const address = absent ? addressOf(new Uint8Array(32).fill(7)) : addressOf(account(index).keypair.publicKey)
      const text = absent ? await strangerAddress() : account(index).address
      // The state proved is the latest: the header of the same height must be had before it is compared.
      const { view, header } = await until('state and header are of one height', async () => {
        const answer = await client(0).account(text)
        const of = await headerAt(answer.height, client(0)).catch(() => undefined)
        return of && { view: answer, header: of }
      })
      expect(verifyAccount(view, address, header)).toEqual({ ok: true, value: undefined })
      const believed = [...mutationsOf(view)].filter(({ value }) => verifyAccount(value, address, header).ok)
      // The address is the question, not the answer.
      expect(believed.map(({ what }) => what)).toEqual(['.address'])
    }
  })

  test('about a header, its commit or its validators is found out', async () => {
    const height = (await client(0).status()).height
    const light = (await client(0).lightBlock(height))!
    expect((await answering(light)).ok).toBe(true)
    const { possessions: _needless, ...needed } = light
    const believed: string[] = []
    for (const { what, value } of mutationsOf(needed)) {
      if ((await answering({ ...light, ...value }, height)).ok) believed.push(what)
    }
    expect(believed).toEqual([])
  })

  test('by giving the commit of another block, or another chain’s block, is found out', async () => {
    const height = (await client(0).status()).height
    const [older, newer] = await Promise.all([client(0).commit(height - 1), client(0).commit(height)])
    const light = (await client(0).lightBlock(height))!
    for (const commit of [older!, { ...older!, height }, { ...newer!, blockHash: older!.blockHash }]) {
      expect((await answering({ ...light, commit })).ok).toBe(false)
    }
  })
})

function answering(light: LightBlockView, height = light.header.height) {
  return verifiedHeader({ ...client(0), lightBlock: async () => light }, height, network.trust)
}

async function strangerAddress(): Promise<string> {
  const { encodeAddress } = await import('../../src/crypto/address.ts')
  return encodeAddress(network.chain.spec.chain.address_prefix, addressOf(new Uint8Array(32).fill(7)))
}
