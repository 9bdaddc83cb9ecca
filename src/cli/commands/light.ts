import { defineCommand } from '../frame/command.ts'
import { apiOption, homeOption } from '../frame/shared-options.ts'

export const lightCommand = defineCommand({
  name: 'light',
  summary: 'Serve a node’s read API on this machine, every answer verified',
  details:
    'A light client as a proxy: asks a node over HTTP, or over libp2p as a visitor, verifies each answer against headers that the chain’s validators have signed, compares them ' +
    'with witnesses, and serves nothing that is not proved. Begins at the trusted block, or at genesis while that is younger than the trust ' +
    'period. Where a fork shows, it writes what proves it to a file and ends. Runs until SIGTERM or Ctrl-C. See docs/spec/light-client.md.',
  options: {
    home: homeOption,
    api: apiOption,
    chain: { type: 'text', value: 'file', summary: 'The chain spec to trust; default that of the home' },
    peer: {
      type: 'text',
      value: 'multiaddr',
      repeated: true,
      summary: 'Ask this node over libp2p, by a WebSocket address that ends in its peer id; further ones are witnesses',
    },
    witness: { type: 'text', value: 'url', repeated: true, summary: 'API of a node of another owner, to compare with' },
    'witnesses-min': { type: 'integer', min: 0, max: 64, standard: 0, summary: 'So many witnesses must have the same block' },
    'trust-height': {
      type: 'integer',
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      value: 'height',
      summary: 'Height of a block to trust',
    },
    'trust-hash': { type: 'text', value: 'hash', summary: 'Its hash, from somebody you trust' },
    'trust-period': {
      type: 'integer',
      min: 1,
      max: 1_000_000,
      value: 'minutes',
      summary: 'How long a verified header convinces of others; default what evidence may age at the chain’s interval',
    },
    sequential: { type: 'flag', summary: 'Verify every header on the way' },
    host: { type: 'text', value: 'ip', standard: '127.0.0.1', summary: 'Where to serve' },
    port: { type: 'integer', min: 0, max: 65_535, standard: 26_620, summary: 'Where to serve; 0: any free port' },
    evidence: { type: 'text', value: 'dir', standard: '.', summary: 'Where to write what proves a fork' },
  },
  examples: [
    { line: 'synod light --api https://node.example.org --chain chain.toml', shows: 'Begin at genesis' },
    {
      line: 'synod light --trust-height 120000 --trust-hash 5b1e… --witness https://other.example.net',
      shows: 'Begin at a block of lately, and compare',
    },
    {
      line: 'synod light --chain chain.toml --peer /dns4/node.example.org/tcp/26601/ws/p2p/12D3KooW…',
      shows: 'Headers and accounts over libp2p alone, as a browser asks for them',
    },
  ],
  run: async (invocation) => (await import('../light/run-light.ts')).runLight(invocation),
})
