/** Frames that are almost right: what a decoder accepts, changed a little. Every choice comes from the generator that is passed in. */

/** A number from 0 to `below` − 1. */
export type Choose = (below: number) => number

/** Mulberry32: small, fast, and the same everywhere. */
export function seededChoice(seed: number): Choose {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Headers and edges of MessagePack, and of our own frames. */
const interesting = [
  0x00, 0x01, 0x7f, 0x80, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xca, 0xcb, 0xcc, 0xcd, 0xce,
  0xcf, 0xd0, 0xd3, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xe0, 0xff,
]

type Mutation = (frame: Uint8Array, choose: Choose, other: Uint8Array) => Uint8Array

const mutations: readonly Mutation[] = [
  (frame, choose) => changed(frame, choose, (byte) => byte ^ (1 << choose(8))),
  (frame, choose) => changed(frame, choose, () => choose(256)),
  (frame, choose) => changed(frame, choose, () => interesting[choose(interesting.length)] as number),
  (frame, choose) => changed(frame, choose, (byte) => byte + 1),
  (frame, choose) => changed(frame, choose, (byte) => byte - 1),
  (frame, choose) => frame.slice(0, choose(frame.length + 1)),
  (frame, choose) => cutOut(frame, choose(frame.length + 1), 1 + choose(8)),
  (frame, choose) => insert(frame, choose(frame.length + 1), randomBytes(1 + choose(8), choose)),
  (frame, choose) => {
    const start = choose(frame.length + 1)
    return insert(frame, choose(frame.length + 1), frame.slice(start, start + 1 + choose(64)))
  },
  (frame, choose, other) => {
    const tail = other.slice(choose(other.length + 1))
    return insert(frame.slice(0, choose(frame.length + 1)), frame.length, tail)
  },
]

/** One to eight small changes. At most `bytesMax` bytes come out. */
export function mutate(frame: Uint8Array, choose: Choose, other: Uint8Array, bytesMax: number): Uint8Array {
  let mutated = frame
  for (let count = 1 << choose(4); count > 0; count--) {
    mutated = (mutations[choose(mutations.length)] as Mutation)(mutated, choose, other)
  }
  return mutated.length > bytesMax ? mutated.slice(0, bytesMax) : mutated
}

export function randomBytes(length: number, choose: Choose): Uint8Array {
  return Uint8Array.from({ length }, () => choose(256))
}

function changed(frame: Uint8Array, choose: Choose, change: (byte: number) => number): Uint8Array {
  if (frame.length === 0) return frame
  const copy = frame.slice()
  const at = choose(copy.length)
  copy[at] = change(copy[at] as number)
  return copy
}

function cutOut(frame: Uint8Array, at: number, length: number): Uint8Array {
  return insert(frame.slice(0, at), at, frame.slice(at + length))
}

function insert(frame: Uint8Array, at: number, part: Uint8Array): Uint8Array {
  const result = new Uint8Array(frame.length + part.length)
  result.set(frame.subarray(0, at))
  result.set(part, Math.min(at, frame.length))
  result.set(frame.subarray(at), Math.min(at, frame.length) + part.length)
  return result
}
