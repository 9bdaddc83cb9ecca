import { describe, expect, it } from 'vitest'
import { refusal, refusalUntil } from '../../peers/refusal.ts'
import { utf8 } from '../../primitives/bytes.ts'
import { refusalOf, requestBytesMax, responsePartBytesMax } from '../network.ts'
import type { Stage } from './stage.contract.ts'

export function requestsContract({ eventually, run, pair, collect }: Stage): void {
  describe('requests', () => {
    it('are answered in parts, in order', async () => {
      const { alice, bob } = await pair({
        async *onRequest(_peer, protocol, message) {
          yield utf8(protocol)
          yield message
          yield new Uint8Array(0)
          yield new Uint8Array(responsePartBytesMax)
        },
      })
      const parts = await run(
        collect(alice.network.request(bob.network.self, 'block', new Uint8Array(requestBytesMax), { timeoutMs: 10_000 })),
      )
      expect(parts.map((part) => part.length)).toEqual([5, requestBytesMax, 0, responsePartBytesMax])
    })

    it('run side by side, each with its own answer', async () => {
      const { alice, bob } = await pair()
      const ask = (index: number) =>
        collect(alice.network.request(bob.network.self, 'status', utf8(`${index}`), { timeoutMs: 10_000 }))
      const answers = await run(Promise.all(Array.from({ length: 100 }, (_, index) => ask(index))))
      expect(answers.map(([part]) => Number(new TextDecoder().decode(part)))).toEqual(
        Array.from({ length: 100 }, (_, index) => index),
      )
    })

    it.each([
      [refusalUntil('PEER_OVER_BUDGET', 600), { code: 'PEER_OVER_BUDGET', text: '600', retryMs: 600 }],
      [refusalUntil('PEER_BUSY', 3_000), { code: 'PEER_BUSY', text: '3000', retryMs: 3_000 }],
      [refusal('REQUEST_MALFORMED', 'CODEC_TYPE'), { code: 'REQUEST_MALFORMED', text: 'CODEC_TYPE', retryMs: undefined }],
      [refusal('REQUEST_NOT_FOUND', 'no such block'), { code: 'REQUEST_NOT_FOUND', text: 'no such block', retryMs: undefined }],
      [refusal('REQUEST_UNSUPPORTED', 'not here'), { code: 'REQUEST_UNSUPPORTED', text: 'not here', retryMs: undefined }],
      [new Error('the disk of somebody'), { code: 'REQUEST_INTERNAL', text: '', retryMs: undefined }],
    ])('carry the code of a refusal, and what comes with it: %s', async (thrown, expected) => {
      const { alice, bob } = await pair({
        // biome-ignore lint/correctness/useYield: it refuses before it answers
        async *onRequest() {
          throw thrown
        },
      })
      const answer = collect(alice.network.request(bob.network.self, 'block', utf8('7'), { timeoutMs: 10_000 }))
      const error: unknown = await run(answer).catch((cause: unknown) => cause)
      expect(error).toMatchObject({ code: 'REQUEST_FAILED' })
      expect(refusalOf(error)).toEqual(expected)
      expect(String(error)).not.toContain('somebody')
    })

    it('time out', async () => {
      const { alice, bob } = await pair({
        onRequest: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
      })
      const answer = collect(alice.network.request(bob.network.self, 'block', utf8('7'), { timeoutMs: 50 }))
      await expect(run(answer)).rejects.toMatchObject({ code: 'REQUEST_FAILED' })
    })

    it('are cancelled when the consumer stops', async () => {
      let isFinished = false
      const { alice, bob } = await pair({
        async *onRequest() {
          try {
            for (;;) yield new Uint8Array(1 << 10)
          } finally {
            isFinished = true
          }
        },
      })
      const parts = alice.network.request(bob.network.self, 'batch', utf8(''), { timeoutMs: 10_000 })
      await run(
        (async () => {
          for await (const part of parts) if (part.length > 0) break
        })(),
      )
      await eventually('the responder stops', () => isFinished)
    })

    it('hold back a responder whose consumer is slow', async () => {
      let produced = 0
      const { alice, bob } = await pair({
        async *onRequest() {
          for (; produced < 400; produced++) yield new Uint8Array(64 << 10)
        },
      })
      const parts = alice.network.request(bob.network.self, 'block', utf8(''), { timeoutMs: 30_000 })[Symbol.asyncIterator]()
      await run(parts.next())
      let before = -1
      await eventually('the responder stands still', () => {
        const isStill = before === produced
        before = produced
        return isStill && produced > 1
      })
      expect(produced).toBeLessThan(400)
      let received = 1
      while ((await run(parts.next())).done !== true) received += 1
      expect(received).toBe(400)
    })

    it('fail when the peer is not there, or goes away', async () => {
      const { alice, bob } = await pair({
        onRequest: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
      })
      const toNobody = collect(alice.network.request('nobody', 'block', utf8(''), { timeoutMs: 1_000 }))
      await expect(run(toNobody)).rejects.toMatchObject({ code: 'REQUEST_FAILED' })
      const answer = collect(alice.network.request(bob.network.self, 'block', utf8(''), { timeoutMs: 10_000 }))
      bob.network.disconnect(alice.network.self, 'bye')
      await expect(run(answer)).rejects.toMatchObject({ code: 'REQUEST_FAILED', message: expect.stringContaining('bye') })
    })
  })
}
