import { type Application, ok, reject, type StateReader } from '../../src/entry/synod.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const countOf = (state: StateReader) => Number(new TextDecoder().decode(state.get(utf8('count'))))

/** Whoever passes leaves a line; the lines are numbered for ever in the order in which the network agreed on them. */
export const guestbook: Application<string> = {
  name: 'guestbook',
  initChain: (_request, state) => state.set(utf8('count'), utf8('0')),
  decodeTransaction(encoded) {
    const line = new TextDecoder().decode(encoded)
    if (line.length > 200) return reject('TX_MALFORMED', 'a line has at most 200 characters')
    return ok({ fee: 0n, expiryHeight: Number.MAX_SAFE_INTEGER, signatures: [], content: line })
  },
  checkTx: () => ok(undefined),
  executeBlock({ transactions }, state) {
    const results = transactions.map(({ content: line }) => {
      const number = String(countOf(state))
      state.set(utf8(`line/${number}`), utf8(line))
      state.set(utf8('count'), utf8(String(Number(number) + 1)))
      return { code: 0, data: utf8(number), events: [{ type: 'signed', attributes: [{ key: 'number', value: number }] }] }
    })
    return { results, validatorUpdates: [] }
  },
  query: (number, _data, state) => ok(state.get(utf8(`line/${number}`)) ?? utf8('')),
}
