import { describe, expect, it } from 'vitest'
import { createEarlyMessages, earlyLimits } from './early-messages.ts'

const messages = (peer: string, count: number, bytes = 200) =>
  Array.from({ length: count }, (_, index) => ({ peer, index, bytes }))

describe('messages for the next height', () => {
  it('come out once, in the order of their arrival', () => {
    const early = createEarlyMessages<{ peer: string; index: number; bytes: number }>()
    const arrived = [...messages('a', 2), ...messages('b', 2)]
    for (const message of arrived) early.hold(message)
    expect(early.release()).toEqual(arrived)
    expect(early.release()).toEqual([])
  })

  it.each([
    ['in number', messages('a', earlyLimits.perPeer + 5), earlyLimits.perPeer],
    ['in bytes', messages('a', 5, earlyLimits.bytesPerPeer / 4), 4],
  ])('are bounded per peer %s', (_, flood, kept) => {
    const early = createEarlyMessages()
    for (const message of [...flood, ...messages('b', 1)]) early.hold(message)
    expect(early.release().filter(({ peer }) => peer === 'a')).toHaveLength(kept)
  })

  it('are bounded in all, and room comes back when a peer goes', () => {
    const early = createEarlyMessages()
    const peers = earlyLimits.bytes / earlyLimits.bytesPerPeer
    for (let peer = 0; peer <= peers; peer++) early.hold({ peer: `p${peer}`, bytes: earlyLimits.bytesPerPeer })
    early.forget('p0')
    early.hold({ peer: 'late', bytes: earlyLimits.bytesPerPeer })
    expect(early.release().map(({ peer }) => peer)).toEqual([
      ...Array.from({ length: peers - 1 }, (_, index) => `p${index + 1}`),
      'late',
    ])
  })
})
