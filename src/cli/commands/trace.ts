import { defineCommand } from '../frame/command.ts'
import { homeOption, jsonOption } from '../frame/shared-options.ts'

export const traceCommand = defineCommand({
  name: 'trace',
  summary: 'Show the path of one message through the nodes of a network, with its delays',
  details:
    'Asks the nodes what they remember of a transaction, a batch or a block: who had it from whom, when it was packed, proposed, voted ' +
    'for and final. Works afterwards, as far back as node.trace_messages reaches.\n' +
    'Asks all nodes of a devnet’s directory given as --home, the one of a node’s home, or those given by --node, each with its --token-file.',
  arguments: [{ name: 'message', summary: 'Id of a transaction, hash of a batch or a block, or the height of a block' }],
  options: {
    home: { ...homeOption, summary: 'Directory of a devnet, or home of a node; default SYNOD_HOME, or ~/.synod' },
    node: { type: 'text', value: 'url', repeated: true, summary: 'A node’s API' },
    'token-file': {
      type: 'text',
      value: 'file',
      repeated: true,
      summary: 'File that holds the operator token of each --node, in the same order',
    },
    json: jsonOption,
  },
  examples: [
    { line: 'synod trace 5f1d… --home four', shows: 'A transaction’s way through a devnet, after `synod devnet --home four`' },
    { line: 'synod trace 12 --home four', shows: 'How block 12 came to be final' },
  ],
  run: async (invocation) => (await import('../trace/run-trace.ts')).runTrace(invocation),
})
