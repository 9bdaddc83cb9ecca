import { type Application, ok, reject, utf8 } from 'synod'

const textOf = (bytes?: Uint8Array) => new TextDecoder().decode(bytes)

/** Whoever passes leaves a line. The lines are numbered for ever, in the order on which the network agreed. */
export const application: Application<string> = {
  name: 'guestbook',
  initChain: (_request, state) => state.set(utf8('count'), utf8('0')),
  decodeTransaction(encoded) {
    if (encoded.length > 200) return reject('TX_MALFORMED', 'a line has at most 200 bytes')
    return ok({ content: textOf(encoded), fee: 0n, expiryHeight: Number.MAX_SAFE_INTEGER, signatures: [] })
  },
  checkTx: () => ok(undefined),
  executeBlock({ transactions }, state) {
    const results = transactions.map(({ content: line }) => {
      const number = textOf(state.get(utf8('count')))
      state.set(utf8(`line/${number}`), utf8(line))
      state.set(utf8('count'), utf8(String(Number(number) + 1)))
      return { code: 0, data: utf8(number), events: [] }
    })
    return { results, validatorUpdates: [] }
  },
  query: (path, _data, state) => ok(state.get(utf8(path)) ?? utf8('')),
}
