/** One node's chain by itself, and the blocks that its validators would make final next. */
import type { DecodedTransaction } from '../../src/application/application.ts'
import { bitmapOf } from '../../src/chain/bitmap.ts'
import { type Block, noCommitHash, orderHash, transactionId } from '../../src/chain/block.ts'
import { type Commit, commitHash } from '../../src/chain/certificate.ts'
import { parametersHash } from '../../src/chain/chain-spec.ts'
import { type Evidence, evidenceHash, orderedEvidence } from '../../src/chain/evidence.ts'
import { genesisOf } from '../../src/chain/genesis.ts'
import { blockHash } from '../../src/chain/header.ts'
import { validatorSetHash } from '../../src/chain/validator-set.ts'
import { precommit, prevote, voteSignBytes } from '../../src/chain/vote.ts'
import { aggregateSignatures, type BlsKeypair, blsSign } from '../../src/crypto/bls.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import type { BlockContext } from '../../src/engine/block-rules.ts'
import { openChain } from '../../src/engine/chain.ts'
import type { Verifier } from '../../src/ports/verifier.ts'
import { type Bytes, bytesEqual } from '../../src/primitives/bytes.ts'
import { createRandom } from '../../src/simulator/random.ts'
import { createSimulatedChain, simulatedLedger, transferWorkload } from '../../src/simulator/simulated-chain.ts'
import { createSimulatedDisk } from '../../src/simulator/simulated-disk.ts'
import { createSignatureOracle } from '../../src/simulator/simulated-verifier.ts'

const genesisTime = 1_700_000_000_000

export async function createTestChain(validators = 4) {
  const random = createRandom(7n)
  const simulated = createSimulatedChain({ random, validators, genesisTime, consensus: {}, applicationName: 'ledger' })
  const { spec, chainId } = simulated
  const application = simulatedLedger(simulated)
  const disk = createSimulatedDisk()
  const mounted = disk.mount({ io: async () => undefined })
  const verifier: Verifier = createSignatureOracle().verifier(async () => undefined)
  const store = await mounted.openStore('chain')
  const chain = await openChain({ store, spec, chainId, application, genesis: genesisOf(spec), stateVersionsKept: 10 })
  const context = (): BlockContext => ({
    chainId,
    limits: spec.limits,
    parametersHash: parametersHash(spec),
    version: 1,
    tip: chain.tip(),
  })

  const keyOf = (consensusKey: Bytes): BlsKeypair => {
    const keypair = simulated.validators.find(({ publicKey }) => bytesEqual(publicKey, consensusKey))
    if (!keypair) throw new Error('a key of nobody')
    return keypair
  }

  function decodeTransaction(encoded: Bytes): DecodedTransaction {
    const decoded = application.decodeTransaction(encoded)
    if (!decoded.ok) throw new Error(decoded.error.code)
    return { ...decoded.value, id: transactionId(encoded), encoded }
  }

  /** The commit of these validators, by their place in the set; of all unless given. */
  function commitOf(hash: Bytes, height: number, signers?: readonly number[], round = 0): Commit {
    const set = chain.tip().validators.validators
    const places = signers ?? [...set.keys()]
    const message = voteSignBytes(chainId, { kind: precommit, height, round, blockHash: hash })
    const signatures = places.map((place) => blsSign(keyOf(set[place]!.consensusKey), message))
    return {
      height,
      round,
      blockHash: hash,
      signers: bitmapOf(places, set.length),
      signature: aggregateSignatures(signatures),
    }
  }

  /** The next block as an honest proposer makes it, and its commit. */
  function nextBlock(encoded: readonly Bytes[] = [], evidence: readonly Evidence[] = []) {
    const tip = chain.tip()
    const transactions = encoded.map(decodeTransaction)
    const time = tip.time + 1000
    const proposer = tip.validators.validators[0]!.consensusKey
    const executed = chain.execute({ time, proposer, lastCommit: tip.commit, evidence, transactions })
    const header = {
      version: 1,
      chainId,
      height: tip.height + 1,
      time,
      previousHash: tip.hash,
      previousCommitHash: tip.commit ? commitHash(tip.commit) : noCommitHash,
      transactionsRoot: executed.transactionsRoot,
      validatorsHash: validatorSetHash(tip.validators),
      nextValidatorsHash: executed.nextValidatorsHash,
      parametersHash: parametersHash(spec),
      appHash: executed.appHash,
      resultsHash: executed.resultsRoot,
      orderHash: orderHash({ batches: [], runs: [] }),
      evidenceHash: evidenceHash(evidence),
      proposer,
    }
    const block: Block = { header, lastCommit: tip.commit, evidence, transactions: encoded }
    return { block, executed, commit: commitOf(blockHash(header), header.height) }
  }

  /** A validator's, or any key's, two different prevotes at one place. */
  function doubleVote(keypair: BlsKeypair, height: number, salt = 0): Evidence {
    const vote = (content: number) => {
      const value = { kind: prevote, height, round: 0, blockHash: sha256(Uint8Array.of(content, salt)) } as const
      return { vote: value, validator: 0, signature: blsSign(keypair, voteSignBytes(chainId, value)) }
    }
    return orderedEvidence(keypair.publicKey, vote(1), vote(2))
  }

  const transfer = transferWorkload(simulated, createRandom(9n))
  return {
    simulated,
    spec,
    chainId,
    application,
    chain,
    disk,
    mounted,
    verifier,
    context,
    commitOf,
    nextBlock,
    doubleVote,
    decodeTransaction,
    transfer,
  }
}

export type TestChain = Awaited<ReturnType<typeof createTestChain>>
