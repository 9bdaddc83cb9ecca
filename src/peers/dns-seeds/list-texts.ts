import { fromBase64url, toBase64url } from '../../primitives/base64url.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { ok, type Result, reject } from '../../primitives/result.ts'

/**
 * A signed list as TXT records: `synod-peers=1;<sequence>;<index>;<count>;<base64url>`, since records come in any order and, of two lists
 * that follow each other, mixed. Spec: docs/spec/discovery.md, "The signed list".
 */
const prefix = 'synod-peers=1;'
const partPattern = /^synod-peers=1;(0|[1-9]\d{0,15});(0|[1-9]\d?);([1-9]\d?);([A-Za-z0-9_-]*)$/
/** Characters of base64 in one record: four strings with their heads. */
const partCharacters = 960
const partsMax = 32
/** What is read of an answer. */
export const textsReadMax = 256
export const textCharactersMax = 2048

export function listToTexts(sequence: number, published: Bytes): readonly string[] {
  const whole = toBase64url(published)
  const count = Math.max(1, Math.ceil(whole.length / partCharacters))
  return Array.from({ length: count }, (_, index) => {
    const part = whole.slice(index * partCharacters, (index + 1) * partCharacters)
    return `${prefix}${sequence};${index};${count};${part}`
  })
}

/** The bytes of the newest list that is whole; `undefined` when there is none at all, which is nobody's fault. */
export function listFromTexts(texts: readonly string[]): Result<Bytes> | undefined {
  const lists = new Map<string, (string | undefined)[]>()
  let isPart = false
  for (const text of texts.slice(0, textsReadMax)) {
    if (!text.startsWith(prefix)) continue
    isPart = true
    const [, sequence = '', index, count, part] = (text.length <= textCharactersMax && partPattern.exec(text)) || []
    if (part === undefined || Number(count) > partsMax || Number(index) >= Number(count)) continue
    const key = `${sequence.padStart(16, '0')};${count}`
    const parts = lists.get(key) ?? Array<string | undefined>(Number(count)).fill(undefined)
    parts[Number(index)] ??= part
    lists.set(key, parts)
  }
  if (!isPart) return undefined
  const newestFirst = [...lists].sort(([left], [right]) => (left < right ? 1 : -1))
  const whole = newestFirst.find(([, parts]) => parts.every((part) => part !== undefined))
  const published = whole && fromBase64url(whole[1].join(''))
  return published ? ok(published) : reject('SEED_LIST_MALFORMED', 'its parts make no whole')
}
