import { defineCommand } from '../frame/command.ts'
import { homeOf, homeOption, jsonOption } from '../frame/shared-options.ts'

export const dnsSeedCommand = defineCommand({
  name: 'dns-seed',
  summary: 'Crawl the network and serve its good peers by DNS',
  details:
    'Dials every peer it hears of, keeps statistics of who answers, and serves a zone by UDP and TCP: A and AAAA of the name itself, ' +
    'SRV, TXT with dnsaddr, and a signed list of peers. Needs a home for its chain spec and the first peers; keeps no chain. Runs until ' +
    'SIGTERM or Ctrl-C. See docs/runbooks/seeds.md.',
  options: {
    home: homeOption,
    zone: { type: 'text', value: 'name', required: true, summary: 'The name to serve, such as seed.example.org' },
    nameserver: {
      type: 'text',
      value: 'name',
      repeated: true,
      summary: 'Name of this server, as the zone above delegates to it; default ns. and the zone’s name',
    },
    address: { type: 'text', value: 'ip', repeated: true, summary: 'Public address of this server, for a name within the zone' },
    mailbox: { type: 'text', value: 'name', summary: 'Whom to write, as a name; default hostmaster. and the zone’s name' },
    listen: {
      type: 'text',
      value: 'host:port',
      repeated: true,
      summary: 'Where to serve; default 0.0.0.0:53 and [::]:53, or nowhere with --export',
    },
    peer: { type: 'text', value: 'address', repeated: true, summary: 'Where to begin, beside p2p.peers of the home' },
    'key-file': { type: 'text', value: 'file', summary: 'Key that signs the list of peers; made where there is none' },
    'list-days': { type: 'integer', min: 1, max: 31, standard: 2, summary: 'How long a signed list holds' },
    state: { type: 'text', value: 'dir', summary: 'Where statistics are kept; default dns-seed in the home directory' },
    export: { type: 'text', value: 'file', summary: 'Write the zone to a file too, for another name server' },
    once: { type: 'flag', summary: 'End when every peer that was heard of has been tested' },
    interval: {
      type: 'integer',
      value: 'seconds',
      min: 1,
      max: 86_400,
      standard: 600,
      summary: 'Time between two tests of a peer',
    },
    ttl: {
      type: 'integer',
      value: 'seconds',
      min: 1,
      max: 86_400,
      standard: 60,
      summary: 'How long resolvers may keep an answer',
    },
    rate: {
      type: 'integer',
      min: 1,
      max: 100_000,
      standard: 20,
      summary: 'Questions a second that one network may ask, a /24 of IPv4 or a /48 of IPv6; five times as many at once',
    },
    amplification: {
      type: 'integer',
      min: 1,
      max: 10,
      standard: 4,
      summary: 'How many times as long as its question an answer by UDP may be',
    },
    'dial-from': { type: 'text', value: 'ip', summary: 'Local address to crawl from; default p2p.dial_from of the home' },
    metrics: { type: 'text', value: 'host:port', summary: 'Serve /metrics and /status by HTTP' },
    json: jsonOption,
  },
  examples: [
    {
      line: 'synod dns-seed --zone seed.example.org --nameserver ns.example.org --key-file seed.key',
      shows: 'Serve the network of ~/.synod on port 53',
    },
    {
      line: 'synod dns-seed --zone seed.example.org --nameserver ns.example.org --export seed.zone --once',
      shows: 'Write a zone for another server, and end',
    },
    {
      line: 'synod dns-seed --home ./devnet/node0 --zone seed.test --listen 127.0.0.1:5353 --interval 5',
      shows: 'Try it with a devnet: dig -p 5353 @127.0.0.1 seed.test',
    },
  ],
  async run({ options, console }) {
    const [{ runDnsSeed }, { readSeedSettings }] = await Promise.all([
      import('../dns-seed/run-dns-seed.ts'),
      import('../dns-seed/seed-settings.ts'),
    ])
    return runDnsSeed(readSeedSettings({ ...options, home: homeOf(options.home, console) }, console.workingDirectory), console)
  },
})
