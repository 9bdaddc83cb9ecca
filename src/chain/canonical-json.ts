import { assert } from '../primitives/assert.ts'

/**
 * JSON with exactly one text for a value: keys in order of their code units, no white space, and no numbers but safe integers, whose
 * text is the same everywhere. On such values this is RFC 8785. Spec: docs/spec/chain-spec.md, "Canonical form".
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'number') {
    assert(Number.isSafeInteger(value), 'canonical JSON holds safe integers only')
    return String(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  assert(isRecord(value), 'canonical JSON holds texts, integers, truth values, lists and records')
  const keys = Object.keys(value).sort((left, right) => (left < right ? -1 : left > right ? 1 : 0))
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`
}

/** Whether `canonicalJson` takes it. */
export function isCanonicalValue(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isSafeInteger(value)
  if (Array.isArray(value)) return value.every(isCanonicalValue)
  return isRecord(value) && Object.entries(value).every(([key, inner]) => key.isWellFormed() && isCanonicalValue(inner))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]'
}
