import { type Command, defineCommand } from '../frame/command.ts'
import { apiOption, homeOption, intervalOption, jsonOption, onceOption, tokenFileOption } from '../frame/shared-options.ts'

const options = {
  home: homeOption,
  api: apiOption,
  'token-file': tokenFileOption,
  once: onceOption,
  'interval-ms': intervalOption,
  json: jsonOption,
}

export const peersCommands: readonly Command[] = [
  defineCommand({
    name: 'peers',
    summary: 'Show who a node is connected to',
    details:
      'A table that is drawn anew every second on a terminal, until q; once elsewhere. For each peer: address, transport, protection, ' +
      'direction, latency, score and what lowered it, and bytes in/out by class. Score and bytes are told to the operator alone.',
    options,
    examples: [
      { line: 'synod peers --home ~/my-chain', shows: 'Watch the peers' },
      { line: 'synod peers --json', shows: 'Everything about them, once' },
    ],
    run: async (invocation) => (await import('../peers/run-peers.ts')).runPeers(invocation),
  }),
  defineCommand({
    name: 'net',
    summary: 'Show what crosses a node’s network, and what it is worth',
    details:
      'Bytes by class and by peer since the start, and a second. Useful bytes brought a batch, vote or block that the node had not; ' +
      'duplicate ones brought it again or too late; wire bytes are those of the sockets, with framing and encryption. With --crawl: ' +
      'the nodes of the whole network, found by asking every node whom it knows; which of them let this node in, and what they run.',
    options: { ...options, crawl: { type: 'flag', summary: 'Ask the whole network, and show the nodes found' } },
    examples: [
      { line: 'synod net --home ~/my-chain', shows: 'Watch the traffic' },
      { line: 'synod net --once --interval-ms 10000', shows: 'Rates over ten seconds' },
      { line: 'synod net --crawl', shows: 'Who there is' },
    ],
    async run(invocation) {
      const { crawl } = invocation.options
      return crawl
        ? (await import('../net/run-crawl.ts')).runCrawl(invocation)
        : (await import('../net/run-net.ts')).runNet(invocation)
    },
  }),
]
