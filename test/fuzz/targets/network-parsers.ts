/** What peers say about themselves, each other and their mempools, and the framing below it. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as WebSocketFrames from '../../../src/adapters/libp2p/websocket-frames.ts'
import type * as Cells from '../../../src/mempool/reconciliation/coded-symbols.ts'
import type * as Peeling from '../../../src/mempool/reconciliation/peeling.ts'
import type * as ShortIds from '../../../src/mempool/reconciliation/short-id.ts'
import type * as AccessList from '../../../src/peers/access-list.ts'
import type * as AddressRules from '../../../src/peers/address-rules.ts'
import type * as DeltaList from '../../../src/peers/delta-list.ts'
import type { Target } from '../fuzz.ts'

const root = join(import.meta.dirname, '../../..')
const load = async <T>(path: string) => (await import(pathToFileURL(join(root, path)).href)) as T
const utf8 = (text: string) => new TextEncoder().encode(text)
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

export async function networkTargets(): Promise<Target[]> {
  return [await webSocketFrames(), await codedSymbols(), await deltaList(), await targetText(), await listedAddress()]
}

/** A breach is an `Error` that names WebSocket; the first byte says how the rest is cut. */
async function webSocketFrames(): Promise<Target> {
  const { createFrameReader } = await load<typeof WebSocketFrames>('src/adapters/libp2p/websocket-frames.ts')
  const masked = [0x82, 0x85, 1, 2, 3, 4, 9, 9, 9, 9, 9]
  const ping = [0x89, 0x82, 1, 2, 3, 4, 5, 5]
  return {
    name: 'WebSocketFrames',
    bytesMax: 512,
    seeds: [Uint8Array.of(5, ...masked, ...ping), Uint8Array.of(64, 0x82, 0xfe, 0, 200, 1, 2, 3, 4, ...new Uint8Array(200))],
    run(input) {
      let received = 0
      const onData = (bytes: Uint8Array) => {
        received += bytes.length
      }
      const onPing = (payload: Uint8Array) => {
        if (payload.length > 125) throw new Error('a control frame past its limit came through')
      }
      const read = createFrameReader(true, { onData, onPing, onClose: () => undefined })
      const step = 1 + ((input[0] ?? 0) % 64)
      try {
        for (let start = 1; start < input.length; start += step) read(input.slice(start, start + step))
      } catch (error) {
        if (!(error instanceof Error) || !error.message.includes('WebSocket')) throw error
      }
      if (received > input.length) throw new Error('more was read than there was')
    },
  }
}

/** The frame is a sequence of cells, whole or cut short, compared with a set of forty. */
async function codedSymbols(): Promise<Target> {
  const { createEncoder, decodeCells } = await load<typeof Cells>('src/mempool/reconciliation/coded-symbols.ts')
  const { createPeeling } = await load<typeof Peeling>('src/mempool/reconciliation/peeling.ts')
  const { shortIdsOf, saltBytes } = await load<typeof ShortIds>('src/mempool/reconciliation/short-id.ts')
  type Hashes = Parameters<typeof shortIdsOf>[1]
  const hashes = Array.from({ length: 40 }, (_, index) => new Uint8Array(32).fill(index + 1)) as unknown as Hashes
  const own = shortIdsOf(new Uint8Array(saltBytes), hashes)
  const { encodeCells } = await load<typeof Cells>('src/mempool/reconciliation/coded-symbols.ts')
  const seed = encodeCells(createEncoder(shortIdsOf(new Uint8Array(saltBytes), hashes.slice(3))).cells(0, 16))
  return {
    name: 'CodedSymbols',
    bytesMax: 32 * 14,
    seeds: [seed],
    run(bytes) {
      const cells = decodeCells(bytes)
      if (cells === undefined) return
      const result = createPeeling(own, 32).add(cells)
      if (result.ok && result.value && result.value.theirs.length + result.value.ours.length > 32) {
        throw new Error('it found more than there are cells')
      }
    },
  }
}

/** Bytes drive a sequence of changes; what is held must never pass its bound. */
async function deltaList(): Promise<Target> {
  const { applyChange } = await load<typeof DeltaList>('src/peers/delta-list.ts')
  const entriesMax = 8
  const keyOf = (entry: string) => entry
  return {
    name: 'DeltaList',
    bytesMax: 128,
    seeds: [Uint8Array.of(0, 1, 2, 3, 9, 1, 1, 2, 1, 4, 3)],
    run(input) {
      let held: DeltaList.ListVersion<string> | undefined
      for (let at = 0; at + 4 < input.length; ) {
        const [kind = 0, base = 0, version = 0, count = 0] = input.subarray(at, at + 4)
        const names = Array.from(input.subarray(at + 4, at + 4 + (count % 16)), String)
        const half = names.length >> 1
        const change =
          kind & 1
            ? ({ type: 'delta', base, version, added: names.slice(0, half), removed: names.slice(half) } as const)
            : ({ type: 'full', version, entries: names } as const)
        const result = applyChange(held, change, { keyOf, entriesMax })
        if (result.ok && result.value !== 'unknown-base') held = result.value
        if (held !== undefined && held.entries.size > entriesMax) throw new Error('the list outgrew its bound')
        at += 4 + names.length
      }
    },
  }
}

async function targetText(): Promise<Target> {
  const { parseTarget } = await load<typeof AccessList>('src/peers/access-list.ts')
  return {
    name: 'AccessTarget',
    bytesMax: 64,
    seeds: ['127.0.0.1', '10.0.0.0/8', '2001:db8::1/32', '::ffff:1.2.3.4', '12D3KooWabc'].map(utf8),
    run(bytes) {
      const target = parseTarget(latin1(bytes))
      if (target && parseTarget(target.text)?.text !== target.text) throw new Error('its one spelling is not read as itself')
    },
  }
}

async function listedAddress(): Promise<Target> {
  const { listedAddress: list } = await load<typeof AddressRules>('src/peers/address-rules.ts')
  return {
    name: 'ListedAddress',
    bytesMax: 160,
    seeds: ['/ip4/8.8.8.8/tcp/26600/p2p/me', '/ip6/2001:4860::1/udp/443/quic-v1', '/dns4/node.example.org/tcp/1/ws'].map(utf8),
    run(bytes) {
      const listed = list(latin1(bytes), 'me', 'world')
      if (listed !== undefined && list(listed, 'me', 'world') !== listed) throw new Error('what is listed would not be listed')
    },
  }
}
