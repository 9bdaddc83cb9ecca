/** Every metric a node exports, in one place: the exporter registers exactly these, and `docs/metrics.md` is generated from them. */
export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels?: readonly string[]
}

export const metrics = {
  synod_consensus_height: { type: 'gauge', help: 'Height of the latest final block.' },
  synod_consensus_round: { type: 'gauge', help: 'Round of the height being decided.' },
  synod_consensus_block_interval_seconds: { type: 'histogram', help: 'Time between two final blocks, as this node saw them.' },
  synod_consensus_rounds_total: { type: 'counter', help: 'Rounds beyond the first that were needed.' },
  synod_consensus_votes_total: { type: 'counter', help: 'Verified votes taken in.', labels: ['kind'] },
  synod_consensus_signatures_total: { type: 'counter', help: 'Consensus messages this node signed.', labels: ['kind'] },
  synod_signer_connected: {
    type: 'gauge',
    help: 'Whether the process that holds the validator’s key answers: 1 or 0. Absent where the key is in the node itself.',
  },
  synod_signer_refusals_total: { type: 'counter', help: 'Signatures that the process with the validator’s key refused.' },
  synod_consensus_accusations_total: { type: 'counter', help: 'Validators caught voting twice.' },
  synod_state_sync_chunks: {
    type: 'gauge',
    help: 'Parts of the state this node begins with: those that are here, and all.',
    labels: ['which'],
  },
  synod_execution_seconds: { type: 'histogram', help: 'Executing one block on an overlay, root included.' },
  synod_commit_seconds: { type: 'histogram', help: 'Writing one final block and its state to disk.' },
  synod_transactions_total: { type: 'counter', help: 'Transactions in final blocks.' },
  synod_mempool_transactions: { type: 'gauge', help: 'Transactions waiting.' },
  synod_mempool_bytes: { type: 'gauge', help: 'Bytes of waiting transactions.' },
  synod_mempool_rejected_total: { type: 'counter', help: 'Transactions refused.', labels: ['code'] },
  synod_batches_total: {
    type: 'counter',
    help: 'Batches by way: made here, pushed by a peer, pulled from a peer.',
    labels: ['way'],
  },
  synod_batch_bytes_total: { type: 'counter', help: 'Batch bytes by direction.', labels: ['direction'] },
  synod_reconciliations_total: {
    type: 'counter',
    help: 'Mempools compared with a peer’s, by what came of it.',
    labels: ['result'],
  },
  synod_reconciliation_bytes_total: { type: 'counter', help: 'Bytes of such comparisons.', labels: ['direction'] },
  synod_proposal_bytes_total: { type: 'counter', help: 'Proposal bytes received.' },
  synod_hello_work_asked: { type: 'gauge', help: 'Work asked of the latest stranger, in hashes to be expected; 0: none.' },
  synod_dht_contacts: { type: 'gauge', help: 'Nodes in the routing table of the directory.' },
  synod_dht_records: { type: 'gauge', help: 'Records of the directory kept for others.' },
  synod_dht_lookup_seconds: { type: 'histogram', help: 'One search of the directory.' },
  synod_dht_request_seconds: { type: 'histogram', help: 'One question to one node, with the connection where there was none.' },
  synod_dht_requests_total: {
    type: 'counter',
    help: 'Questions about the directory, by what came of them.',
    labels: ['result'],
  },
  synod_neighbours_found_total: { type: 'counter', help: 'Nodes that said on the local network where they are, new or moved.' },
  synod_visits: { type: 'gauge', help: 'Connections made to ask a question, which make nobody a peer.' },
  synod_peers: { type: 'gauge', help: 'Connected peers.', labels: ['direction'] },
  synod_address_book_entries: {
    type: 'gauge',
    help: 'Addresses in the book: only heard of, or tried, which is where a node answered.',
    labels: ['table'],
  },
  synod_addresses_learnt_total: {
    type: 'counter',
    help: 'Addresses that were told, by who told and by what became of them.',
    labels: ['source', 'result'],
  },
  synod_addresses_told_total: {
    type: 'counter',
    help: 'Addresses told to peers: in answers, and as news.',
    labels: ['way'],
  },
  synod_dials_total: { type: 'counter', help: 'Connections this node tried to make.', labels: ['purpose', 'result'] },
  synod_reachability: { type: 'gauge', help: 'Whether strangers can connect to this node: 1 yes, 0 no, -1 not known.' },
  synod_own_addresses: {
    type: 'gauge',
    help: 'Addresses at which this node may be reached, by what others found.',
    labels: ['standing'],
  },
  synod_port_mappings: { type: 'gauge', help: 'Addresses at which the gateway forwards ports to this node.' },
  synod_port_mappings_forgotten_total: {
    type: 'counter',
    help: 'Port mappings that the gateway had granted, and then did not know of.',
  },
  synod_reach_asked_total: {
    type: 'counter',
    help: 'Peers asked to try an address of this node, by what came of it; unseen: they say they did, and nobody came.',
    labels: ['outcome'],
  },
  synod_reach_served_total: { type: 'counter', help: 'Addresses of peers tried for them.', labels: ['outcome'] },
  synod_relay_reservations: {
    type: 'gauge',
    help: 'Relays that lead others here (held), and peers that others are led to (granted).',
    labels: ['side'],
  },
  synod_relay_circuits: { type: 'gauge', help: 'Connections of others that lead through this node.' },
  synod_relay_bytes_total: { type: 'counter', help: 'Bytes of such connections.' },
  synod_relay_promotions_total: {
    type: 'counter',
    help: 'Attempts to reach a relayed peer directly: at its own addresses (direct), by WebRTC (webrtc), or in vain (failed).',
    labels: ['outcome'],
  },
  synod_connections_refused_total: {
    type: 'counter',
    help: 'Inbound connections turned away at the door, by the limit they met, and peers that had to make room.',
    labels: ['limit'],
  },
  synod_peers_refused_total: {
    type: 'counter',
    help: 'Peers turned away for what their hello said, or for who they are.',
    labels: ['code'],
  },
  synod_peer_bans_total: { type: 'counter', help: 'Bans, of peers by their offence and of addresses.', labels: ['reason'] },
  synod_useful_bytes_total: {
    type: 'counter',
    help: 'Bytes received that brought a batch, vote, block or piece of evidence which was not here.',
    labels: ['class'],
  },
  synod_duplicate_bytes_total: {
    type: 'counter',
    help: 'Bytes received that brought what was here already, or came too late.',
    labels: ['class'],
  },
  synod_messages_total: { type: 'counter', help: 'Messages received.', labels: ['channel'] },
  synod_gossip_control_total: {
    type: 'counter',
    help: 'Envelopes of gossip with grafts, prunes or lists of messages: taken, or dropped because they were beyond a peer’s budget.',
    labels: ['outcome'],
  },
  synod_rejections_total: { type: 'counter', help: 'Messages refused.', labels: ['code'] },
  synod_operator_refusals_total: {
    type: 'counter',
    help: 'Requests to the API for the operator that did not show the operator token.',
    labels: ['code'],
  },
  synod_attacks_total: { type: 'counter', help: 'Attacks that began, by kind.', labels: ['kind'] },
  synod_attack_active: { type: 'gauge', help: 'Whether an attack of this kind is under way: 1 or 0.', labels: ['kind'] },
  synod_dns_questions_total: { type: 'counter', help: 'Questions to DNS resolvers about seeds.', labels: ['kind', 'result'] },
  synod_dns_seed_addresses_total: {
    type: 'counter',
    help: 'Addresses of peers that DNS seeds named, as far as they are usable, by the kind of answer.',
    labels: ['kind'],
  },
  synod_event_loop_lag_seconds: { type: 'gauge', help: 'How late the event loop was, at worst, in the last second.' },
  synod_load_level: { type: 'gauge', help: 'How strained the node is: 0 normal, 1 strained, 2 overloaded.' },
  synod_shed_total: {
    type: 'counter',
    help: 'What was given up under load: inbound connections, answers in bulk, reading from noisy peers, peers.',
    labels: ['what'],
  },
  synod_budget_exceeded_total: {
    type: 'counter',
    help: 'Messages, requests and answers beyond a peer’s budget, by lane; deferred ones were taken while the peer had to pause.',
    labels: ['lane', 'outcome'],
  },
  synod_sync_target_height: { type: 'gauge', help: 'Height that peers confirm while blocks are taken from them; 0 otherwise.' },
  synod_sync_blocks_per_second: { type: 'gauge', help: 'Blocks taken from peers, over the last seconds.' },
  synod_sync_agreed_height: { type: 'gauge', help: 'Height that two thirds of the peers had reached when they were asked last.' },
  synod_sync_peers_same: { type: 'gauge', help: 'Peers with the same block at the height that was compared last.' },
  synod_sync_peers_different: { type: 'gauge', help: 'Peers with another block there.' },
  synod_sync_state_holds: { type: 'gauge', help: 'Whether the state is the one that the latest header promises.' },
  synod_sync_strangers_total: { type: 'counter', help: 'Nodes met whose genesis is another.' },
  synod_sync_lies_total: {
    type: 'counter',
    help: 'Answers about headers and blocks that no honest peer gives, by what was wrong with them.',
    labels: ['code'],
  },
  synod_sync_blocks_total: { type: 'counter', help: 'Blocks taken from peers instead of consensus.' },
} as const satisfies Record<string, MetricEntry>

/** What `synod dns-seed` exports. */
export const seederMetrics = {
  synod_seeder_tests_total: { type: 'counter', help: 'Addresses tested, by result.', labels: ['result'] },
  synod_seeder_peers: {
    type: 'gauge',
    help: 'Addresses of peers: known, and those good enough to be served.',
    labels: ['state'],
  },
  synod_seeder_queries_total: {
    type: 'counter',
    help: 'Questions to the name server, by transport and what came of them; dropped ones got no answer.',
    labels: ['transport', 'outcome'],
  },
  synod_seeder_bytes_total: { type: 'counter', help: 'Bytes of the name server’s messages by direction.', labels: ['direction'] },
} as const satisfies Record<string, MetricEntry>
