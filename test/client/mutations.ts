/** A JSON value with one thing in it changed, and what that is. */
export interface Mutation<T> {
  readonly what: string
  readonly value: T
}

/**
 * Every way to change one thing of an answer and keep its shape: each byte of each hexadecimal text, each number up and down, each
 * flag, a letter of each other text, each list with an element less, an element twice, and two elements in each other's place.
 */
export function* mutationsOf<T>(value: T): Generator<Mutation<T>> {
  for (const { what, value: changed } of mutate(value, '')) yield { what, value: changed as T }
}

function* mutate(value: unknown, at: string): Generator<Mutation<unknown>> {
  if (typeof value === 'string') yield* mutateText(value, at)
  else if (typeof value === 'boolean') yield { what: at, value: !value }
  else if (typeof value === 'number') {
    yield { what: `${at} + 1`, value: value + 1 }
    if (value > 0) yield { what: `${at} - 1`, value: value - 1 }
  } else if (Array.isArray(value)) yield* mutateList(value, at)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      for (const changed of mutate(part, `${at}.${key}`)) yield { what: changed.what, value: { ...value, [key]: changed.value } }
    }
  }
}

function* mutateList(list: readonly unknown[], at: string): Generator<Mutation<unknown>> {
  for (const [index, part] of list.entries()) {
    for (const changed of mutate(part, `${at}[${index}]`)) yield { what: changed.what, value: list.with(index, changed.value) }
    yield { what: `${at} without [${index}]`, value: list.toSpliced(index, 1) }
    yield { what: `${at} with [${index}] twice`, value: list.toSpliced(index, 0, part) }
    const next = list[index + 1]
    if (next !== undefined && JSON.stringify(next) !== JSON.stringify(part)) {
      yield { what: `${at} with [${index}] and [${index + 1}] swapped`, value: list.with(index, next).with(index + 1, part) }
    }
  }
}

function* mutateText(text: string, at: string): Generator<Mutation<string>> {
  if (text === '') yield { what: at, value: '00' }
  else if (/^([0-9a-f]{2})+$/.test(text)) {
    for (let byte = 0; byte < text.length; byte += 2) {
      const flipped = (Number.parseInt(text.slice(byte, byte + 2), 16) ^ 1).toString(16).padStart(2, '0')
      yield { what: `${at} byte ${byte / 2}`, value: text.slice(0, byte) + flipped + text.slice(byte + 2) }
    }
  } else if (/^[0-9]+$/.test(text)) yield { what: at, value: (BigInt(text) + 1n).toString() }
  else yield { what: at, value: `${text}x` }
}
