import type { SimulationOptions } from '../../src/simulator/simulation-options.ts'

/** One thing that somebody could break in the production code, and by which the simulator must show that it sees it. */
export interface Mutant {
  readonly name: string
  /** Below src/. */
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** What it would mean. */
  readonly why: string
  /** Instead of what each seed's scenario says: where this fault shows soonest. */
  readonly options?: Partial<SimulationOptions>
}

const machine = 'consensus/tendermint/machine.ts'
const hasty = {
  interval_ms: 200,
  propose_timeout_ms: 300,
  prevote_timeout_ms: 100,
  precommit_timeout_ms: 100,
  timeout_growth_ms: 100,
}
const stormy: Partial<SimulationOptions> = {
  nodes: 4,
  seconds: 20,
  faults: ['loss', 'latency', 'partition', 'one-way'],
  liars: [],
  load: 2,
  consensus: { ...hasty, message_delay_ms: 500 },
}
/** Phases shorter than a message's journey: many rounds a height, and polkas that are learnt late. */
const hurried: Partial<SimulationOptions> = {
  ...stormy,
  seconds: 10,
  faults: ['loss', 'reorder', 'latency'],
  consensus: { interval_ms: 300, propose_timeout_ms: 60, prevote_timeout_ms: 1, precommit_timeout_ms: 1, timeout_growth_ms: 5 },
}
const crashing: Partial<SimulationOptions> = { ...stormy, faults: ['crash', 'loss', 'disk-slow'] }
const lyingWith = (liar: NonNullable<SimulationOptions['liars']>[number]): Partial<SimulationOptions> => ({
  nodes: 4,
  seconds: 12,
  faults: [],
  liars: [liar],
  load: 5,
  consensus: { ...hasty, interval_ms: 500 },
})

export const mutants: readonly Mutant[] = [
  {
    name: 'no lock',
    file: machine,
    find: "step: 'precommit', locked: valid, valid }",
    replace: "step: 'precommit', valid }",
    why: 'a validator that precommitted votes for another block in the next round',
    options: stormy,
  },
  {
    name: 'no wait for the polka',
    file: machine,
    find: 'if (polkaRound !== undefined && !isQuorumFor(known.tally.quorum(prevote, polkaRound), blockHash)) return undefined',
    replace: '',
    why: 'a proposer need only claim a polka to unlock everybody',
    options: { ...hurried, liars: ['honest', 'polka-inventor'] },
  },
  {
    name: 're-proposal checked for time',
    file: machine,
    find: 'if (validRound !== undefined) return validRound < round // L28',
    replace:
      'if (validRound !== undefined) return validRound < round && isTimely(known.parameters, round, header.time, receivedAt)',
    why: 'a block that others are locked on grows too old to be voted for',
    options: { ...hurried, consensus: { ...hurried.consensus, message_delay_ms: 50, precision_ms: 50 } },
  },
  {
    name: 'any proposer',
    file: machine,
    find: 'if (!proposer || !bytesEqual(header.proposer, proposer.consensusKey)) return false',
    replace: 'if (!proposer) return false',
    why: 'a block names as its proposer whom it likes, who is paid for it',
    options: { ...lyingWith('invalid-proposer'), seconds: 25, load: 1 },
  },
  {
    name: 'any time',
    file: machine,
    find: 'return isTimely(known.parameters, round, header.time, receivedAt)',
    replace: 'return receivedAt > 0 || isTimely(known.parameters, round, header.time, receivedAt)',
    why: 'a proposer sets the clock of the chain',
    options: { ...lyingWith('invalid-proposer'), seconds: 25 },
  },
  {
    name: 'timeouts do not grow',
    file: 'consensus/tendermint/timeouts.ts',
    find: 'first + round * parameters.timeout_growth_ms',
    replace: 'first',
    why: 'a network slower than its parameters never decides',
    options: {
      ...stormy,
      faults: [],
      seconds: 4,
      consensus: { ...hasty, propose_timeout_ms: 1, prevote_timeout_ms: 1, precommit_timeout_ms: 1, timeout_growth_ms: 20 },
    },
  },
  {
    name: 'quorum of one half',
    file: 'chain/validator-set.ts',
    find: 'return 3n * power > 2n * total',
    replace: 'return 2n * power > total',
    why: 'two halves may decide differently',
    options: { ...stormy, liars: ['equivocator'] },
  },
  {
    name: 'signatures unchecked',
    file: 'crypto/verified.ts',
    find: 'valid[index] === true ?',
    replace: 'valid.length > index ?',
    why: 'anybody votes in anybody’s name',
    options: lyingWith('forger'),
  },
  {
    name: 'certificate of anybody',
    file: 'chain/light-verification.ts',
    find: 'return isQuorum(power, totalPower) ? ok(undefined)',
    replace: 'return power > 0n || isQuorum(power, totalPower) ? ok(undefined)',
    why: 'one signature makes a block final',
    options: { ...lyingWith('false-historian'), faults: ['crash', 'partition'], seconds: 20 },
  },
  {
    name: 'app hash unchecked',
    file: 'engine/block-rules.ts',
    find: "['BLOCK_WRONG_STATE', bytesEqual(header.appHash, executed.appHash)],",
    replace: '',
    why: 'headers promise a state that nobody has',
    options: { ...lyingWith('invalid-proposer'), seconds: 25 },
  },
  {
    name: 'results unchecked',
    file: 'engine/block-rules.ts',
    find: "['BLOCK_WRONG_RESULT', bytesEqual(header.resultsHash, executed.resultsRoot)],",
    replace: '',
    why: 'proofs of results are worth nothing',
    options: { ...lyingWith('invalid-proposer'), seconds: 25 },
  },
  {
    name: 'parent unchecked',
    file: 'engine/block-rules.ts',
    find: "['BLOCK_WRONG_PARENT', bytesEqual(header.previousHash, tip.hash)],",
    replace: '',
    why: 'the chain is none',
    options: { ...lyingWith('invalid-proposer'), seconds: 25 },
  },
  {
    name: 'no sync before signing',
    file: 'engine/consensus-signing.ts',
    find: 'await log.sync()',
    replace: '',
    why: 'a crash forgets why something was signed, and its lock',
    options: { ...hurried, faults: ['crash', 'crash', 'loss'] },
  },
  {
    name: 'last-signed record not written',
    file: 'engine/signing-record.ts',
    find: 'await writeLastSigned(disk, record)',
    replace: '',
    why: 'a validator that loses its log signs twice',
  },
  {
    name: 'last-signed record not read',
    file: 'engine/signing-record.ts',
    find: 'let last = await readLastSigned(disk)',
    replace: 'let last: LastSigned | undefined = (await readLastSigned(disk)) && undefined',
    why: 'a validator that loses its log signs twice',
    options: { ...stormy, faults: ['lost-log', 'latency', 'loss'] },
  },
  {
    name: 'torn log not cut',
    file: 'engine/wal.ts',
    find: 'await file.truncate(bytes)',
    replace: '',
    why: 'what is logged after a crash stands behind damage, and is lost',
    options: crashing,
  },
  {
    name: 'blocks not logged',
    file: 'engine/block-work.ts',
    find: 'if (result.ok) log.appendBody(height, hash, result.value.transactions)',
    replace: 'if (result.ok) log.sync().catch(() => undefined)',
    why: 'a block that was promised is gone when all who had it have crashed',
    options: crashing,
  },
  {
    name: 'commit not durable',
    file: 'engine/state-store.ts',
    find: 'await store.write(operations, { durable: true })\n      versions = remaining',
    replace: 'await store.write(operations, { durable: false })\n      versions = remaining',
    why: 'a final block is lost in a power failure',
    options: crashing,
  },
  {
    name: 'double votes overlooked',
    file: 'consensus/tendermint/receive.ts',
    find: "return [{ type: 'accuse', evidence: duplicateVote(height, outcome.earlier, vote) }]",
    replace: 'return duplicateVote(height, outcome.earlier, vote) ? [] : []',
    why: 'lying costs nothing',
    options: { ...lyingWith('equivocator'), seconds: 8 },
  },
  {
    name: 'evidence unchecked',
    file: 'engine/evidence-pool.ts',
    find: 'return verdicts.every(Boolean) ? ok(undefined)',
    replace: 'return verdicts.length > 0 ? ok(undefined)',
    why: 'anybody has anybody punished',
    options: lyingWith('forger'),
  },
  {
    name: 'forged history taken',
    file: 'sync/body-ask.ts',
    find: 'if (!bytesEqual(blockHash(block.header), hash)) return',
    replace: 'if (hash.length === 0) return',
    why: 'a node that lags takes what anybody tells it',
    options: { ...lyingWith('false-historian'), faults: ['crash', 'partition'], seconds: 20 },
  },
  {
    name: 'round state kept to itself',
    file: 'engine/round-state-exchange.ts',
    find: "for (const peer of network.peers()) network.send(peer.id, 'consensus', message)",
    replace: "for (const peer of network.peers()) if (message.length === 0) network.send(peer.id, 'consensus', message)",
    why: 'a lost vote is lost for ever',
    options: stormy,
  },
  {
    name: 'mempool not told of blocks',
    file: 'engine/finality.ts',
    find: 'mempool.committed({ height, transactions: candidate.transactions, nonces: nextNonces(candidate) })',
    replace: 'nextNonces(candidate)',
    why: 'blocks are filled with transactions that were in blocks before',
    options: lyingWith('honest'),
  },
  {
    name: 'block and state apart',
    file: 'engine/chain.ts',
    find: 'await state.commit(executed.prepared, executed.height, [...blocks.operations(final, executed.ids), ...changed])',
    replace:
      'await state.commit(executed.prepared, executed.height)\n      await store.write([...blocks.operations(final, executed.ids), ...changed], { durable: true })',
    why: 'a crash in between leaves a state without its block',
    options: { ...stormy, seconds: 30, faults: ['crash', 'crash', 'disk-slow'] },
  },
  {
    name: 'missing batches never pulled',
    file: 'engine/batch-puller.ts',
    find: 'for (let start = 0; start < hashes.length && !stopped; start += pullHashesMax) {',
    replace: 'for (let start = 0; start < 0 && start < hashes.length && !stopped; start += pullHashesMax) {',
    why: 'a proposal that names a batch which was lost on its way is never voted for',
    options: { ...stormy, faults: ['loss', 'crash'], load: 10 },
  },
]
