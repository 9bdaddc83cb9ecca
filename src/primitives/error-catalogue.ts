import { diskErrors } from './disk-errors.ts'
import { lightRejections } from './light-rejections.ts'
import { signerRejections } from './signer-rejections.ts'

/**
 * Every error a person or a peer can be shown, in one place. `docs/errors.md` is generated from it, and a test holds code,
 * catalogue and docs together.
 *
 * - A *rejection* is another party's fault. Its verdict says what gossip does with the message: `reject` costs the sender
 *   reputation, `ignore` does not (the sender may be honest and merely late or ahead).
 * - An *operational* error is a fault of the machine, the disk or the configuration. It ends a command with its exit code.
 */
export interface RejectionEntry {
  readonly verdict: 'ignore' | 'reject'
  readonly summary: string
}
export interface OperationalEntry {
  /** Process exit status, after sysexits.h where one fits. */
  readonly exit: number
  readonly summary: string
  readonly hint: string
}

export const rejections = {
  ...lightRejections,
  ...signerRejections,
  CODEC_TRUNCATED: { verdict: 'reject', summary: 'The bytes end before the message does.' },
  CODEC_TRAILING: { verdict: 'reject', summary: 'Bytes follow the end of the message.' },
  CODEC_NON_CANONICAL: { verdict: 'reject', summary: 'The value is encoded in a form our encoder would not produce.' },
  CODEC_TYPE: { verdict: 'reject', summary: 'A field has another type than its schema declares.' },
  CODEC_LIMIT: { verdict: 'reject', summary: 'A field is shorter, longer or larger than its schema allows.' },
  CODEC_TAG: { verdict: 'reject', summary: 'A message is of a kind that is not known here.' },
  CODEC_TEXT: { verdict: 'reject', summary: 'A text is not well-formed UTF-8.' },
  COMPRESSION_BROKEN: { verdict: 'reject', summary: 'A compressed message is not what it says it is.' },
  DECOMPRESSION_BOMB: { verdict: 'reject', summary: 'A compressed message would become longer than is allowed.' },

  ADDRESS_MALFORMED: { verdict: 'reject', summary: 'The text is not an address: mistyped, truncated or of another kind.' },
  ADDRESS_PREFIX: { verdict: 'reject', summary: 'The address belongs to another chain: it has another prefix.' },
  API_BUSY: { verdict: 'ignore', summary: 'The API serves as many as it may, or the node is overloaded: come again later.' },
  API_FAILED: { verdict: 'ignore', summary: 'The node failed to answer a request.' },
  API_MALFORMED: { verdict: 'ignore', summary: 'A request to the API is not of the form its OpenAPI document states.' },
  API_NOT_FOUND: { verdict: 'ignore', summary: 'What a request to the API asks for is not here.' },
  API_THROTTLED: { verdict: 'ignore', summary: 'One address sends the API more requests than it may.' },
  API_TOKEN_MISSING: {
    verdict: 'ignore',
    summary: 'A request for the node’s operator has no operator token in its Authorization header.',
  },
  API_TOKEN_THROTTLED: {
    verdict: 'ignore',
    summary: 'Too many requests with no operator token, or a wrong one, come from there.',
  },
  API_TOKEN_WRONG: { verdict: 'ignore', summary: 'The token in a request is not this node’s operator token.' },
  API_UNREACHABLE: { verdict: 'ignore', summary: 'A node’s API does not answer.' },
  BATCH_FORGED: { verdict: 'reject', summary: 'A batch holds a transaction whose signature does not hold.' },
  BATCH_INVALID: { verdict: 'reject', summary: 'A batch holds a transaction that is malformed, or one twice.' },
  BATCH_REPLAYED: { verdict: 'reject', summary: 'A peer pushes batches again that it has pushed before, and does not stop.' },
  BATCH_UNASKED: { verdict: 'reject', summary: 'A peer answered with a batch that was not asked for.' },
  BLOCK_TOO_LARGE: { verdict: 'reject', summary: 'The block holds more transactions, or bytes of them, than the chain allows.' },
  BLOCK_WRONG_CHAIN: { verdict: 'reject', summary: 'The block belongs to another chain.' },
  BLOCK_WRONG_COMMIT: { verdict: 'reject', summary: 'The block does not carry a valid commit of the block before it.' },
  BLOCK_WRONG_EVIDENCE: { verdict: 'reject', summary: 'The evidence in the block is not what its header names.' },
  BLOCK_WRONG_HEIGHT: { verdict: 'reject', summary: 'The block is not of the height being decided.' },
  BLOCK_WRONG_NEXT_VALIDATORS: { verdict: 'reject', summary: 'Execution gives other next validators than the header names.' },
  BLOCK_WRONG_PARAMETERS: { verdict: 'reject', summary: 'The header names other chain parameters than those in force.' },
  BLOCK_WRONG_PARENT: { verdict: 'reject', summary: 'The block does not follow the latest final block.' },
  BLOCK_WRONG_PROPOSER: { verdict: 'reject', summary: 'The header names a proposer who is not among the validators.' },
  BLOCK_WRONG_RESULT: { verdict: 'reject', summary: 'Execution gives other results than the header names.' },
  BLOCK_WRONG_STATE: { verdict: 'reject', summary: 'Execution gives another state root than the header names.' },
  BLOCK_WRONG_TIME: { verdict: 'reject', summary: 'The block is not later than the one before it.' },
  BLOCK_WRONG_TRANSACTIONS: { verdict: 'reject', summary: 'The transactions are not those whose root the header names.' },
  BLOCK_WRONG_VALIDATORS: { verdict: 'reject', summary: 'The header names another validator set than the one that decides.' },
  BLOCK_WRONG_VERSION: { verdict: 'reject', summary: 'The block has a version that is not known here.' },
  EVIDENCE_AGE: { verdict: 'ignore', summary: 'The evidence is too old to be punished, or of a height that is not here yet.' },
  EVIDENCE_STRANGER: { verdict: 'ignore', summary: 'The accused was not a validator at that height: there is nobody to punish.' },
  EVIDENCE_INVALID: { verdict: 'reject', summary: 'A signature in the evidence does not hold.' },
  EVIDENCE_KNOWN: { verdict: 'ignore', summary: 'The evidence has been punished already.' },
  FORK_NOT_CHOSEN: {
    verdict: 'ignore',
    summary:
      'A peer shows the history that the operators have given up after a fork: see `synod fork` and docs/runbooks/fork.md.',
  },
  HELLO_UNWELCOME: {
    verdict: 'ignore',
    summary: 'The peer is kept out here: banned for its conduct, or denied by the operator.',
  },
  HELLO_PROOF_MALFORMED: { verdict: 'reject', summary: 'The bytes that should prove what a hello asked for are no proof.' },
  HELLO_PROOF_REPLAYED: { verdict: 'reject', summary: 'The proof was used before, on another connection or by another peer.' },
  HELLO_STAKE_INVALID: {
    verdict: 'reject',
    summary: 'The proof of stake does not hold: it is signed by another key, or for another connection or peer.',
  },
  HELLO_STAKE_TAKEN: { verdict: 'ignore', summary: 'Another peer has proved the same network key: a key has one slot.' },
  HELLO_WORK_EXCESSIVE: {
    verdict: 'ignore',
    summary: 'The peer asks for work it may not ask for: too much, or of a node that it dialled itself.',
  },
  HELLO_WORK_INVALID: { verdict: 'ignore', summary: 'The work asked for was not done, or done for another connection or peer.' },
  HELLO_WRONG_CHAIN: { verdict: 'ignore', summary: 'The peer is on another chain.' },
  HELLO_WRONG_GENESIS: { verdict: 'ignore', summary: 'The peer began from another genesis state.' },
  HELLO_WRONG_VERSION: { verdict: 'ignore', summary: 'The peer speaks no protocol version that this node speaks.' },
  PEER_BUSY: {
    verdict: 'ignore',
    summary:
      'The peer is strained and serves less than usual: the same request may be made again after the milliseconds it names.',
  },
  PEER_OVER_BUDGET: {
    verdict: 'ignore',
    summary: 'The peer was sent, or asked for, more than it serves one peer: try again after the milliseconds it names.',
  },
  PROOF_INVALID: { verdict: 'reject', summary: 'A node’s answer is not what its proof proves.' },
  ADDRESSES_ASKED_AGAIN: {
    verdict: 'reject',
    summary: 'A peer asked for addresses twice over one connection, or did not dial it.',
  },
  ADDRESSES_UNASKED: { verdict: 'reject', summary: 'A peer answered with addresses that it was not asked for.' },
  ADDRESS_FLOOD: { verdict: 'reject', summary: 'A peer tells of more addresses than a node comes to hear of.' },
  PEER_LIST_INVALID: { verdict: 'reject', summary: 'A peer’s list of its peers contradicts itself or what it said before.' },
  RECONCILIATION_INVALID: {
    verdict: 'reject',
    summary: 'A peer’s account of the batches it holds is one that no set of batches has.',
  },
  DHT_ANSWER_INVALID: {
    verdict: 'reject',
    summary:
      'A peer’s answer about the directory is one that no honest node gives: out of order, unasked for, or of impossible nodes.',
  },
  DHT_RECORD_EXPIRED: { verdict: 'ignore', summary: 'A record of the directory has expired, or would live longer than any may.' },
  DHT_RECORD_FORGED: { verdict: 'reject', summary: 'A record of the directory is not signed by whom it speaks of.' },
  DHT_RECORD_INVALID: { verdict: 'reject', summary: 'A record of the directory names no peer, or no service.' },
  DHT_RECORD_UNSTAKED: { verdict: 'ignore', summary: 'No stake stands behind the network key of a record of the directory.' },
  REQUEST_INTERNAL: { verdict: 'ignore', summary: 'The peer could not answer a request, for reasons of its own.' },
  REQUEST_MALFORMED: { verdict: 'ignore', summary: 'The peer could not read a request.' },
  REQUEST_NOT_FOUND: { verdict: 'ignore', summary: 'The peer does not have what a request is about.' },
  REQUEST_UNSUPPORTED: { verdict: 'ignore', summary: 'The peer does not serve requests of this kind.' },
  SEED_LIST_EXPIRED: { verdict: 'ignore', summary: 'A DNS seed’s signed list of peers is too old, or of a time to come.' },
  SEED_LIST_FORGED: { verdict: 'reject', summary: 'The signature of a DNS seed’s list of peers does not hold.' },
  SEED_LIST_MALFORMED: { verdict: 'reject', summary: 'A DNS seed’s signed list of peers is incomplete or cannot be read.' },
  SEED_LIST_STALE: { verdict: 'ignore', summary: 'A DNS seed’s signed list is older than one that was seen before.' },
  SEED_LIST_UNKNOWN_KEY: {
    verdict: 'reject',
    summary: 'A DNS seed’s list of peers is signed by a key the chain spec does not name.',
  },
  SEED_LIST_WRONG_CHAIN: { verdict: 'reject', summary: 'A DNS seed’s signed list of peers is of another chain.' },
  STUN_MALFORMED: { verdict: 'ignore', summary: 'What came from a STUN server is no STUN message.' },
  SYNC_WRONG_BLOCK: { verdict: 'reject', summary: 'A peer sent another block than the certified one of its height.' },
  SYNC_WRONG_COMMIT: { verdict: 'reject', summary: 'A peer sent a block with the commit of another.' },
  SYNC_WRONG_HEADERS: { verdict: 'reject', summary: 'A peer sent headers that do not hang together, or not those asked for.' },
  SYNC_WRONG_HEIGHT: { verdict: 'reject', summary: 'A peer sent a block of a height that was not asked for.' },
  TX_SIGNATURE_INVALID: { verdict: 'reject', summary: 'The transaction’s signature does not hold.' },
  TX_TOO_LARGE: { verdict: 'reject', summary: 'The transaction is larger than this chain allows.' },

  CERTIFICATE_MALFORMED: { verdict: 'reject', summary: 'A certificate’s bitmap of signers does not fit the validator set.' },
  CERTIFICATE_NO_QUORUM: { verdict: 'reject', summary: 'A certificate’s signers do not hold more than two thirds of the stake.' },
  CONSENSUS_REPLAYED: {
    verdict: 'reject',
    summary: 'A peer sends the same consensus messages again and again, more often than it was asked.',
  },
  PROPOSAL_TOO_FAR: { verdict: 'ignore', summary: 'A proposal is for a round further ahead than this node looks.' },
  PROPOSAL_WRONG_HASH: { verdict: 'reject', summary: 'A proposed block’s parts are not those its hash names.' },
  PROPOSAL_WRONG_HEIGHT: { verdict: 'ignore', summary: 'A proposal is for another height than the one being decided.' },
  PROPOSAL_WRONG_VALID_ROUND: { verdict: 'reject', summary: 'A proposal refers to a polka of its own round or a later one.' },
  ROUND_STATE_FLOOD: {
    verdict: 'reject',
    summary: 'A peer says where it stands far more often than there is reason to.',
  },
  SIGNATURE_INVALID: { verdict: 'reject', summary: 'A signature does not hold: it is not by whom, or not of what, it claims.' },
  VOTE_UNKNOWN_KIND: { verdict: 'reject', summary: 'A vote is neither a prevote nor a precommit.' },
  VOTE_UNKNOWN_VALIDATOR: { verdict: 'reject', summary: 'A vote names a validator that the set of its height does not have.' },
  VOTE_WRONG_HEIGHT: { verdict: 'ignore', summary: 'A vote or certificate is for another height than the one being decided.' },

  TX_WRONG_CHAIN: { verdict: 'reject', summary: 'The transaction was signed for another chain.' },
  TX_MALFORMED: { verdict: 'reject', summary: 'The bytes are not a transaction of this application.' },
  TX_EXPIRED: { verdict: 'ignore', summary: 'The next block is higher than the last one the transaction may stand in.' },
  TX_UNDERPAID: { verdict: 'ignore', summary: 'The fee is below the minimum for the transaction’s operations.' },
  TX_NONCE_TOO_LOW: {
    verdict: 'ignore',
    summary: 'The sender has used this nonce before: the transaction is a replay, or was overtaken.',
  },
  TX_NONCE_GAP: { verdict: 'ignore', summary: 'The nonce is too far ahead of the sender’s next one.' },
  TX_INSUFFICIENT_BALANCE: { verdict: 'ignore', summary: 'The sender cannot pay what the transaction moves, fee included.' },
  TX_OPERATION_INVALID: { verdict: 'ignore', summary: 'An operation of the transaction could not succeed on the latest state.' },
  TX_KNOWN: { verdict: 'ignore', summary: 'The transaction is waiting here already, or was in a recent block.' },
  MEMPOOL_FULL: { verdict: 'ignore', summary: 'The mempool is full of transactions that pay at least as much.' },
  MEMPOOL_SENDER_LIMIT: { verdict: 'ignore', summary: 'The sender has as many transactions waiting as one sender may have.' },
  MEMPOOL_PEER_LIMIT: { verdict: 'ignore', summary: 'The peer has as many transactions waiting here as one peer may have.' },
  MEMPOOL_REPLACEMENT_UNDERPAID: {
    verdict: 'ignore',
    summary: 'Another transaction waits under the sender’s nonce; replacing it takes a fee at least a tenth higher.',
  },
  ORDER_INVALID: {
    verdict: 'reject',
    summary: 'A proposal’s order names batches or transactions wrongly, or one of them twice.',
  },
  QUERY_UNKNOWN: { verdict: 'ignore', summary: 'The application has no query of this name.' },
  QUERY_MALFORMED: { verdict: 'ignore', summary: 'The query’s argument is not what the query takes.' },
} as const satisfies Record<string, RejectionEntry>

export const operationalErrors = {
  ACCESS_LIST_FULL: {
    exit: 65,
    summary: 'The list of allowed and denied peers is full.',
    hint: 'Take out entries that are no longer needed, or name a block instead of single addresses.',
  },
  ACCESS_TARGET_INVALID: {
    exit: 65,
    summary: 'What shall be banned or allowed is no peer id, IP address or CIDR block.',
    hint: 'Give one such as 12D3KooW…, 203.0.113.7 or 2001:db8::/32.',
  },
  RUNTIME_MISSING: {
    exit: 78,
    summary: 'The Node that runs Synod is too old, and the runtime Synod installs for itself is missing.',
    hint: 'Install Node 24, or run `npm ci` again with install scripts allowed: they bring the runtime.',
  },
  APPLICATION_MODULE_INVALID: {
    exit: 78,
    summary: 'The module of the chain’s own application does not load, or exports no application.',
    hint: 'Correct the module: see docs/tutorial.md for one that works.',
  },
  ATTACK_REFUSED: {
    exit: 77,
    summary: 'Only nodes on loopback, and nodes that consent, are attacked.',
    hint: 'Give a loopback address, or --operator-token-file and --api of the node itself.',
  },
  CLI_UNKNOWN_COMMAND: { exit: 64, summary: 'There is no such command.', hint: 'See `synod --help` for the commands there are.' },
  CLI_UNKNOWN_OPTION: {
    exit: 64,
    summary: 'The command has no such option.',
    hint: 'See the command’s own help: `synod <command> --help`.',
  },
  CLI_WAIT_TIMEOUT: {
    exit: 75,
    summary: 'What was waited for did not happen in time.',
    hint: 'It may still happen: ask again later with `synod tx show`.',
  },
  CONFIG_CONTRADICTION: {
    exit: 78,
    summary: 'Two settings, each good by itself, cannot both hold.',
    hint: 'Change one of the two.',
  },
  CONFIG_FILE_EXISTS: {
    exit: 73,
    summary: 'A file that would be written is there already.',
    hint: 'Choose another directory, or move the old one away: nothing is overwritten.',
  },
  CONFIG_FILE_MISSING: {
    exit: 66,
    summary: 'A file of the configuration is not there or cannot be read.',
    hint: 'Give its path, or make one with `synod init`.',
  },
  CONFIG_INVALID_VALUE: { exit: 78, summary: 'A setting has a value that it cannot have.', hint: 'Correct the value.' },
  CONFIG_MISSING_KEY: { exit: 78, summary: 'A setting that has no default is missing.', hint: 'Add the key.' },
  CONFIG_SYNTAX: { exit: 78, summary: 'The file is not well-formed TOML.', hint: 'Correct the line.' },
  API_LISTEN_FAILED: {
    exit: 69,
    summary: 'The HTTP API cannot listen on its address.',
    hint: 'Another process may hold the port: choose another with `--set api.listen=127.0.0.1:0`, or end that process.',
  },
  API_REFUSED: {
    exit: 1,
    summary: 'A node’s API refused a request, or was not reached.',
    hint: 'Check the address with `synod status --api <url>`; the code says what was wrong.',
  },
  OPERATOR_TOKEN_MISSING: {
    exit: 77,
    summary: 'A command for the node’s operator has no operator token to show.',
    hint: 'Name the node’s home with --home, or its token with --token-file: it is the file `operator-token` in the home.',
  },
  PROOF_FAILED: {
    exit: 1,
    summary: 'A node’s answer could not be proved.',
    hint: 'Ask another node, and trust nothing that this one said.',
  },
  PASSPHRASE_MISSING: {
    exit: 78,
    summary: 'The passphrase of the sealed keys is not given.',
    hint: 'Give it in SYNOD_PASSPHRASE, with --passphrase-file, or in the file `passphrase` of the home directory.',
  },
  TRACE_UNKNOWN: {
    exit: 1,
    summary: 'No node that was asked remembers the message.',
    hint: 'Check the hash and the nodes. Older messages are forgotten: node.trace_messages says how many are kept.',
  },
  USAGE_INVALID: { exit: 64, summary: 'A command was called with arguments that it does not take.', hint: 'See `synod --help`.' },
  CONFIG_UNKNOWN_KEY: { exit: 78, summary: 'The configuration has a key that is not known.', hint: 'Correct or remove the key.' },
  DIAL_FAILED: {
    exit: 69,
    summary: 'A connection to a peer could not be made.',
    hint: 'Check the address and that the peer is running and on the same chain.',
  },
  RELAY_REFUSED: {
    exit: 69,
    summary: 'A peer does not relay connections to this node.',
    hint: 'Another relay is tried. A relay has room for so many, and only for peers that are connected to it directly.',
  },
  GATEWAY_FAILED: {
    exit: 69,
    summary: 'The gateway of this network does not map ports as it is asked to.',
    hint: 'Forward the ports by hand, or set nat.upnp to false.',
  },
  LISTEN_FAILED: {
    exit: 69,
    summary: 'The node cannot listen on an address it was given.',
    hint: 'Choose another port or address, or stop the program that uses it.',
  },
  REQUEST_FAILED: { exit: 69, summary: 'A peer did not answer a request.', hint: 'Ask another peer, or the same one later.' },
  DEVNET_FAILED: {
    exit: 70,
    summary: 'A node of the devnet ended, or the devnet made no progress.',
    hint: 'The log of the node says why; run with --home to keep it.',
  },
  CHAIN_FORKED: {
    exit: 70,
    summary: 'Two different blocks of one height are certified: more than a third of the stake has signed both.',
    hint: 'Nothing is signed or taken any more. Keep the data directory as it is, and settle with the other operators which history holds.',
  },
  NODE_STOPPED: { exit: 70, summary: 'The node has stopped.', hint: 'Start it again; the log says why it stopped.' },

  ...diskErrors,

  VERIFIER_UNAVAILABLE: {
    exit: 75,
    summary: 'Signatures arrive faster than this machine checks them, or the node is stopping.',
    hint: 'Try again. If it happens often, lower the limits on peers and clients, or give the node more cores.',
  },
  KEY_FILE_DAMAGED: {
    exit: 65,
    summary: 'A key file does not have the form or the checksum of one.',
    hint: 'Restore it from a backup. Do not delete a validator’s key file: its key cannot be made again.',
  },
  KEY_FILE_EXPOSED: {
    exit: 77,
    summary: 'A key file can be read or written by others on this machine.',
    hint: 'Take their access away with `chmod 600`, and replace the key if others may have read it.',
  },
  KEY_FILE_KIND: {
    exit: 65,
    summary: 'A key file holds a key of another kind than is needed here.',
    hint: 'Check that the files of peer, validator and account keys have not changed places.',
  },
  KEY_FILE_MISSING: {
    exit: 66,
    summary: 'There is no key file of this name.',
    hint: 'List the keys with `synod keys list`, or make one with `synod keys new`.',
  },
  KEY_FILE_PASSPHRASE: {
    exit: 77,
    summary: 'The passphrase does not open the key file.',
    hint: 'Check the passphrase, and that the file is the one it was made for.',
  },
  KEY_FILE_FAILED: {
    exit: 74,
    summary: 'A key file could not be read or written.',
    hint: 'Check that the directory exists, belongs to this user and has space.',
  },
  WAL_FULL: {
    exit: 74,
    summary: 'One height has filled the consensus log: it has not been decided for very long.',
    hint: 'Find out why two thirds of the stake do not meet. With the node stopped the log may be moved away: the last-signed record still guards the key.',
  },
} as const satisfies Record<string, OperationalEntry>

export type RejectionCode = keyof typeof rejections
export type OperationalCode = keyof typeof operationalErrors
