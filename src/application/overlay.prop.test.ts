import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '../primitives/bytes.ts'
import { createOverlay } from './overlay.ts'
import type { StateOverlay } from './state.ts'

type Step =
  | { readonly do: 'set'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly do: 'delete'; readonly key: Uint8Array }
  | { readonly do: 'attempt'; readonly keep: boolean; readonly steps: readonly Step[] }

const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 3 })
const { steps } = fc.letrec<{ steps: Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie('step'), { maxLength: 6 }),
  step: fc.oneof(
    { maxDepth: 3 },
    fc.record({ do: fc.constant('set' as const), key, value: fc.uint8Array({ maxLength: 2 }) }),
    fc.record({ do: fc.constant('delete' as const), key }),
    fc.record({ do: fc.constant('attempt' as const), keep: fc.boolean(), steps: tie('steps') }),
  ),
}))

function run(overlay: StateOverlay, list: readonly Step[]): void {
  for (const step of list) {
    if (step.do === 'set') overlay.set(step.key, step.value)
    else if (step.do === 'delete') overlay.delete(step.key)
    else {
      overlay.attempt(() => {
        run(overlay, step.steps)
        return step.keep
      })
    }
  }
}

/** The same by copying everything at each attempt. */
function model(before: ReadonlyMap<string, string | undefined>, list: readonly Step[]): Map<string, string | undefined> {
  let state = new Map(before)
  for (const step of list) {
    if (step.do === 'set') state.set(toHex(step.key), toHex(step.value))
    else if (step.do === 'delete') state.set(toHex(step.key), undefined)
    else if (step.keep) state = model(state, step.steps)
  }
  return state
}

test('nested attempts behave as if each had worked on a copy', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const overlay = createOverlay({ get: () => undefined })
      run(overlay, list)
      const seen = overlay.changes().map(([name, value]) => [toHex(name), value && toHex(value)] as const)
      const expected = [...model(new Map(), list)].sort(([left], [right]) => (left < right ? -1 : 1))
      expect(seen).toEqual(expected)
    }),
  )
})
