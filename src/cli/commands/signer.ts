import { defineCommand } from '../frame/command.ts'
import { homeOption, passphraseOption } from '../frame/shared-options.ts'

export const signerCommand = defineCommand({
  name: 'signer',
  summary: 'Hold a validator’s key apart from its node, and sign for it',
  details:
    'Signs proposals and votes of the home’s chain, and nothing else, for the nodes whose peer ids are given: both ends prove theirs. ' +
    'It keeps a last-signed record of its own in the home’s data directory, on disk before a signature leaves, and refuses whatever could ' +
    'contradict it. The node names it in signer.addresses of its node.toml. Runs until SIGTERM or Ctrl-C. See docs/runbooks/validator.md.',
  options: {
    home: homeOption,
    listen: {
      type: 'text',
      value: 'host:port',
      standard: '127.0.0.1:26659',
      summary: 'Where nodes reach it; port 0: any free one',
    },
    node: { type: 'text', value: 'peer', repeated: true, summary: 'Peer id of a node that may ask, as `synod status` shows it' },
    'passphrase-file': passphraseOption,
  },
  examples: [
    {
      line: 'synod signer --home ~/signer --listen 192.0.2.7:26659 --node 12D3KooW…',
      shows: 'Tells the address that the node’s signer.addresses names',
    },
  ],
  run: async (invocation) => (await import('../signer/run-signer.ts')).runSigner(invocation),
})
