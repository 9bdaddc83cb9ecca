import { describe, expect, test } from 'vitest'
import { operationalErrors, rejections } from './error-catalogue.ts'

const entries = [...Object.entries(rejections), ...Object.entries(operationalErrors)]

describe('error catalogue', () => {
  test('no code stands for two things', () => {
    expect(new Set(entries.map(([code]) => code)).size).toBe(entries.length)
  })

  test.each(entries)('%s is named and told in full sentences', (code, entry) => {
    expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/)
    expect(entry.summary).toMatch(/^\S.*\.$/)
    if ('hint' in entry) expect(entry.hint).toMatch(/^\S.*\.$/)
  })

  test.each(Object.entries(operationalErrors))('%s ends a command with a status that says failure', (_code, { exit }) => {
    expect(exit).toBeGreaterThan(0)
    // From 126 on a shell means something of its own: not found, killed by a signal.
    expect(exit).toBeLessThan(126)
  })
})
