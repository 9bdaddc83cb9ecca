import { describe, expect, it } from 'vitest'
import type { SignatureItem } from '../crypto/verified.ts'
import type { Verifier } from '../ports/verifier.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { createVerificationQueue, slotBytesPerPeer, slotsPerPeer } from './verification-queue.ts'

const good = Uint8Array.of(1)
const bad = Uint8Array.of(0)
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** A verifier that answers when told, judging a signature by its first byte. */
function setUp() {
  const outcomes: string[] = []
  const failures: unknown[] = []
  const batches: number[] = []
  let answer: ((how: 'check' | 'busy' | 'break') => void) | undefined
  const bls = (items: readonly SignatureItem[]) =>
    new Promise<readonly boolean[]>((resolve, reject) => {
      batches.push(items.length)
      answer = (how) => {
        if (how === 'check') resolve(items.map(({ signature }) => signature[0] === 1))
        else reject(how === 'busy' ? new OperationalError('VERIFIER_UNAVAILABLE', 'full') : new Error('broken'))
      }
    })
  const verifier: Verifier = { bls, ed25519: bls }
  const queue = createVerificationQueue(
    verifier,
    ({ peer, value }: { peer: string; value: { name: string }; signature: SignatureItem; bytes: number }, checked) =>
      outcomes.push(`${peer} ${value.name} ${typeof checked === 'string' ? checked : 'verified'}`),
    (error) => failures.push(error),
  )
  const add = (peer: string, name: string, signature = good, bytes = 200) =>
    queue.add({ peer, value: { name }, bytes, signature: { publicKey: good, message: good, signature } })
  const next = async (how: 'check' | 'busy' | 'break' = 'check') => {
    answer?.(how)
    await settle()
  }
  return { queue, add, next, outcomes, failures, batches }
}

describe('verification queue', () => {
  it('checks a lone message at once and gathers the next batch meanwhile', async () => {
    const { add, next, outcomes, batches } = setUp()
    add('a', 'first')
    add('b', 'second', bad)
    add('a', 'third')
    await next()
    await next()
    expect(batches).toEqual([1, 2])
    expect(outcomes).toEqual(['a first verified', 'b second forged', 'a third verified'])
  })

  it('lets a peer fill its own slots and nobody else’s', () => {
    const { add } = setUp()
    add('other', 'in check')
    for (let index = 0; index < slotsPerPeer; index++) expect(add('a', `${index}`)).toBe(true)
    expect(add('a', 'one more')).toBe(false)
    expect(add('b', 'of another')).toBe(true)
  })

  it('bounds a peer’s slots in bytes', () => {
    const { add } = setUp()
    add('other', 'in check')
    for (let index = 0; index < 4; index++) expect(add('a', `${index}`, good, slotBytesPerPeer / 4)).toBe(true)
    expect(add('a', 'a byte more', good, 1)).toBe(false)
  })

  it('goes on after the verifier was too busy: nobody is blamed', async () => {
    const { add, next, outcomes, failures } = setUp()
    add('a', 'first')
    await next('busy')
    expect(add('a', 'second')).toBe(true)
    await next()
    expect(outcomes).toEqual(['a first unchecked', 'a second verified'])
    expect(failures).toEqual([])
  })

  it('reports a verifier that breaks', async () => {
    const { add, next, failures } = setUp()
    add('a', 'first')
    await next('break')
    expect(failures).toHaveLength(1)
  })

  it('does not work for a peer that is gone', async () => {
    const { queue, add, next, outcomes, batches } = setUp()
    add('b', 'in check')
    add('a', 'left behind')
    queue.forget('a')
    await next()
    expect(outcomes).toEqual(['a left behind unchecked', 'b in check verified'])
    expect(batches).toEqual([1])
  })
})
