/** What strangers' bytes meet in a DNS seed, and what a stranger's name server says to a node. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as ListTexts from '../../../src/peers/dns-seeds/list-texts.ts'
import type * as ReadAnswer from '../../../src/peers/dns-seeds/read-answer.ts'
import type * as SignedList from '../../../src/peers/dns-seeds/signed-peer-list.ts'
import type * as NameServer from '../../../src/peers/seeder/name-server.ts'
import type * as Zone from '../../../src/peers/seeder/zone.ts'
import type { Target } from '../fuzz.ts'

const root = join(import.meta.dirname, '../../..')
const load = async <T>(path: string) => (await import(pathToFileURL(join(root, path)).href)) as T
const utf8 = (text: string) => new TextEncoder().encode(text)
const apex = 'seed.test'

export async function seedTargets(): Promise<Target[]> {
  return [await seedQuery(), await seedListTexts(), await dnsaddrTexts()]
}

/** By UDP no answer is longer than a few times its question, nor than what crosses the Internet in one piece. */
async function seedQuery(): Promise<Target> {
  const { createNameServer } = await load<typeof NameServer>('src/peers/seeder/name-server.ts')
  const { buildZone } = await load<typeof Zone>('src/peers/seeder/zone.ts')
  const amplificationMax = 4
  const server = createNameServer({ queries: { intervalMs: 1, burst: 1000 }, amplificationMax })
  const content = {
    apex,
    nameServers: [`ns.${apex}`],
    glue: new Map([[`ns.${apex}`, ['127.0.0.1']]]),
    mailbox: `m.${apex}`,
    serial: 1,
  }
  const addresses = Array.from({ length: 30 }, (_, index) => `/ip4/8.8.8.${index}/tcp/26600/p2p/12D3KooW${index}`)
  const signedList = { sequence: 1, bytes: new Uint8Array(2000) }
  server.serve(buildZone({ ...content, ttlSeconds: 60, port: 26_600, addresses, signedList }))
  const question = (type: number, edns: readonly number[]) => {
    const name = apex.split('.').flatMap((label) => [label.length, ...utf8(label)])
    return Uint8Array.of(0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns.length > 0 ? 1 : 0, ...name, 0, 0, type, 0, 1, ...edns)
  }
  const opt = [0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0]
  let now = 0
  return {
    name: 'SeedQuery',
    bytesMax: 1100,
    seeds: [question(1, opt), question(6, []), question(16, opt), question(255, [])],
    run(message) {
      now += 1000
      for (const transport of ['udp', 'tcp'] as const) {
        const answered = server.answer(message, { host: '203.0.113.7', transport }, now)
        const length = answered?.bytes.length ?? 0
        if (length > (transport === 'tcp' ? 65_535 : Math.min(1232, amplificationMax * message.length))) {
          throw new Error('the answer is too long')
        }
        if (answered && ((answered.bytes[2] as number) & 0x80) === 0) throw new Error('the answer says that it is a question')
      }
    },
  }
}

async function seedListTexts(): Promise<Target> {
  const { listFromTexts, listToTexts } = await load<typeof ListTexts>('src/peers/dns-seeds/list-texts.ts')
  const { verifyPeerList } = await load<typeof SignedList>('src/peers/dns-seeds/signed-peer-list.ts')
  type Trust = Parameters<typeof verifyPeerList>[1]
  const trust: Trust = { chainId: new Uint8Array(32), keys: [new Uint8Array(32)], now: 0, newestOf: () => undefined }
  return {
    name: 'SeedListTexts',
    bytesMax: 4096,
    seeds: [new Uint8Array(10), new Uint8Array(1500)].map((bytes) => utf8(listToTexts(1, bytes).join('\n'))),
    run(bytes) {
      const read = listFromTexts(Buffer.from(bytes).toString('latin1').split('\n'))
      if (read?.ok && verifyPeerList(read.value, trust).ok) throw new Error('a list of nobody is believed')
    },
  }
}

async function dnsaddrTexts(): Promise<Target> {
  const { dnsaddrsIn, usableSeedAddresses, addressesMax } = await load<typeof ReadAnswer>('src/peers/dns-seeds/read-answer.ts')
  const rules = { port: 26_600, allowsPrivate: false, self: 'self', own: [] }
  return {
    name: 'DnsaddrTexts',
    bytesMax: 2048,
    seeds: ['dnsaddr=/ip4/8.8.8.8/tcp/26600/p2p/12D3KooW', 'dnsaddr=/ip6/2a00::1/udp/26600/quic-v1'].map(utf8),
    run(bytes) {
      const usable = usableSeedAddresses(dnsaddrsIn(Buffer.from(bytes).toString('latin1').split('\n')), rules)
      if (usable.length > addressesMax) throw new Error('more addresses than there may be')
      if (usable.some((address) => /\/(10|127|0)\.|\/(tcp|udp)\/(22|0)(\/|$)/.test(address)))
        throw new Error('an address that is not to be dialled')
    },
  }
}
