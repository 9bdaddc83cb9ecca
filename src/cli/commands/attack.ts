import { attackKinds } from '../attack/attack-kinds.ts'
import { defineCommand } from '../frame/command.ts'

export const attackCommand = defineCommand({
  name: 'attack',
  summary: 'Attack a node of your own, and see what it does about it',
  details:
    'For nodes on loopback; any other node has to consent: give the file of its operator token and its API, which must be on the same ' +
    'host, take the token and say that the node listens at that address. Nothing else opens the way.\n\n' +
    `${Object.entries(attackKinds)
      .map(([name, { summary }]) => `${name}: ${summary}.`)
      .join('\n')}\n\n` +
    'Reports what was refused and where, when the attacker was banned, and what honest traffic felt before, during and after. With ' +
    '--api and the --home of a devnet node that is the finality of transfers; otherwise it is pings of a peer.',
  arguments: [
    { name: 'kind', summary: 'Which attack' },
    { name: 'address', summary: 'The node’s address, such as /ip4/127.0.0.1/tcp/26600' },
  ],
  options: {
    seconds: { type: 'integer', min: 1, max: 120, standard: 10, summary: 'How long' },
    rate: { type: 'integer', min: 1, max: 20_000, summary: 'Most attempts a second; each attack has its own' },
    connections: { type: 'integer', min: 1, max: 1024, summary: 'Most connections at one time; each attack has its own' },
    api: { type: 'text', value: 'url', summary: 'The node’s API: its metrics, and where transfers are sent' },
    home: { type: 'text', value: 'dir', summary: 'Home of a devnet node, whose accounts make the honest transfers' },
    'operator-token-file': { type: 'text', value: 'file', summary: 'The node’s operator token, for one that is not on loopback' },
    json: { type: 'flag', summary: 'Report in JSON' },
  },
  examples: [
    { line: 'synod attack connection-flood /ip4/127.0.1.1/tcp/26700', shows: 'what a flood meets on a devnet’s first node' },
    {
      line: 'synod attack invalid-votes /ip4/127.0.1.1/tcp/26700 --api http://127.0.0.1:26701 --home ./devnet/node0',
      shows: 'the same with the finality of transfers',
    },
  ],
  async run({ options, arguments: [kind = '', address = ''], console }) {
    const { runAttack } = await import('../attack/run-attack.ts')
    const { seconds, rate, connections, api, home, json } = options
    const operatorTokenFile = options['operator-token-file']
    return runAttack({ kind, address, seconds, rate, connections, api, home, operatorTokenFile, json, console })
  },
})
