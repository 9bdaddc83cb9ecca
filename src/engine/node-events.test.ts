import { describe, expect, it } from 'vitest'
import { createNodeEvents } from './node-events.ts'
import type { NodeEvent } from './synod-node.ts'

const fault = (message: string): NodeEvent => ({ type: 'fault', message })

describe('node events', () => {
  it('reach every listener in order, until it has had enough', () => {
    const events = createNodeEvents()
    const heard: NodeEvent[] = []
    const unsubscribe = events.subscribe((event) => heard.push(event))
    events.emit(fault('first'))
    events.emit(fault('second'))
    unsubscribe()
    events.emit(fault('third'))
    expect(heard).toEqual([fault('first'), fault('second')])
  })

  it('drop a listener that throws, and nobody else', () => {
    const events = createNodeEvents()
    const heard: string[] = []
    events.subscribe(() => {
      heard.push('broken')
      throw new Error('a listener')
    })
    events.subscribe(() => heard.push('sound'))
    events.emit(fault('first'))
    events.emit(fault('second'))
    expect(heard).toEqual(['broken', 'sound', 'sound'])
  })

  it('let a listener leave while it is called', () => {
    const events = createNodeEvents()
    let calls = 0
    const unsubscribe = events.subscribe(() => {
      calls++
      unsubscribe()
    })
    events.emit(fault('first'))
    events.emit(fault('second'))
    expect(calls).toBe(1)
  })
})
