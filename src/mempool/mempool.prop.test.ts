import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainTransaction } from '../../test/mempool/plain-transaction.ts'
import type { DecodedTransaction } from '../application/application.ts'
import { toHex } from '../primitives/bytes.ts'
import { createMempool } from './mempool.ts'

const limits = { transactions: 8, bytes: 1000, perSender: 4, perPeer: 5, recent: 16 }
const funds = 40

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      sender: fc.constantFrom('a', 'b', 'c', undefined),
      ahead: fc.nat({ max: 4 }),
      fee: fc.nat({ max: 30 }),
      spends: fc.nat({ max: 25 }),
      lifetime: fc.nat({ max: 5 }),
      bytes: fc.constantFrom(100, 100, 300, 600),
      source: fc.constantFrom('local', 'p', 'q'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('block' as const), take: fc.nat({ max: 5 }), stranger: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat({ max: 7 }) }) },
)

test('bounds hold, nonces go in order, and what the mempool reports is what happened to everyone', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const mempool = createMempool(limits)
      const nonces = new Map<string, number>()
      const nextNonce = (sender: string) => nonces.get(sender) ?? 0
      /** By id, what should be waiting. */
      const waiting = new Map<string, { readonly transaction: DecodedTransaction; readonly source: string }>()
      let height = 0

      for (const [salt, each] of steps.entries()) {
        if (each.do === 'add') {
          const { sender, source, fee, bytes, spends } = each
          const nonce = sender === undefined ? 0 : nextNonce(sender) + each.ahead
          const fields = { nonce, fee, bytes, spends, expiryHeight: height + each.lifetime }
          const transaction = plainTransaction(sender === undefined ? fields : { ...fields, sender }, salt)
          const standing = sender === undefined ? undefined : { nextNonce: nextNonce(sender), funds: BigInt(funds) }
          const added = mempool.add(transaction, { source, standing, height })
          if (!added.ok && added.error.code === 'TX_INSUFFICIENT_BALANCE') {
            const others = [...waiting.values()].map((each) => each.transaction).filter((other) => other.sender?.key === sender)
            const rest = others.filter((other) => other.sender?.nonce !== nonce)
            expect(rest.reduce((sum, other) => sum + (other.spends ?? 0n), BigInt(spends))).toBeGreaterThan(BigInt(funds))
          }
          if (added.ok) {
            waiting.set(toHex(transaction.id), { transaction, source })
            for (const id of added.value.evicted) expect(waiting.delete(toHex(id))).toBe(true)
            if (added.value.replaced) expect(waiting.delete(toHex(added.value.replaced))).toBe(true)
          }
        } else if (each.do === 'block') {
          height += 1
          const block = [...mempool.select({ transactions: each.take, bytes: 700, height })]
          if (each.stranger) block.push(plainTransaction({ sender: 'a', nonce: nextNonce('a') }, 1000 + salt))
          for (const { sender } of block)
            if (sender?.nonce === nextNonce(sender?.key ?? '')) nonces.set(sender.key, sender.nonce + 1)
          mempool.committed({ height, transactions: block, nonces: new Map(nonces) })
          for (const { id, sender } of block) if (!sender || sender.nonce <= nextNonce(sender.key)) waiting.delete(toHex(id))
          for (const [key, { transaction }] of waiting) {
            const stale = transaction.sender && transaction.sender.nonce < nextNonce(transaction.sender.key)
            if (stale || transaction.expiryHeight <= height) waiting.delete(key)
          }
        } else {
          const [key, victim] = [...waiting][each.which] ?? []
          if (key && victim) mempool.remove([victim.transaction.id])
          if (key) waiting.delete(key)
        }

        const all = [...waiting.values()]
        expect(mempool.size).toBe(waiting.size)
        expect(mempool.size).toBeLessThanOrEqual(limits.transactions)
        expect(mempool.bytes).toBe(all.reduce((sum, { transaction }) => sum + transaction.encoded.length, 0))
        expect(mempool.bytes).toBeLessThanOrEqual(limits.bytes)
        for (const { transaction } of all) expect(mempool.get(transaction.id)).toBe(transaction)
        for (const peer of ['p', 'q'])
          expect(all.filter(({ source }) => source === peer).length).toBeLessThanOrEqual(limits.perPeer)
        for (const sender of ['a', 'b', 'c']) {
          const own = all.filter(({ transaction }) => transaction.sender?.key === sender).map(({ transaction }) => transaction)
          expect(own.length).toBeLessThanOrEqual(limits.perSender)
          expect(new Set(own.map((transaction) => transaction.sender?.nonce)).size).toBe(own.length)
          expect(own.reduce((sum, { spends = 0n }) => sum + spends, 0n)).toBeLessThanOrEqual(BigInt(funds))
        }

        const selection = mempool.select({ transactions: 6, bytes: 700, height: height + 1 })
        expect(selection.length).toBeLessThanOrEqual(6)
        expect(selection.reduce((sum, { encoded }) => sum + encoded.length, 0)).toBeLessThanOrEqual(700)
        expect(new Set(selection.map(({ id }) => toHex(id))).size).toBe(selection.length)
        const turn = new Map<string, number>()
        for (const { sender, expiryHeight, id } of selection) {
          expect(waiting.has(toHex(id))).toBe(true)
          expect(expiryHeight).toBeGreaterThan(height)
          if (!sender) continue
          expect(sender.nonce).toBe(turn.get(sender.key) ?? nextNonce(sender.key))
          turn.set(sender.key, sender.nonce + 1)
        }
      }
    }),
    { numRuns: 300 },
  )
})
