import type { TransactionResult } from '../application/application.ts'
import type { StateProof } from '../application/state-tree/proof.ts'
import type { Block } from '../chain/block.ts'
import type { Commit } from '../chain/certificate.ts'
import { evidenceSchema } from '../chain/evidence.ts'
import { blockHash, type Header } from '../chain/header.ts'
import type {
  BlockView,
  CommitView,
  EventView,
  HeaderView,
  LightBlockView,
  PeersView,
  ResultView,
  StatusView,
  TransactionView,
  ValidatorsView,
} from '../client/views.ts'
import { encode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import type { InclusionProof } from '../crypto/merkle.ts'
import type { IncludedTransaction, NodeEvent, SynodNode } from '../engine/synod-node.ts'
import type { LightBlock } from '../light/light-block.ts'
import { toHex } from '../primitives/bytes.ts'
import { standingToView, trafficToView } from './operator-to-view.ts'

/** The node's values in the API's words. */
function headerToView(header: Header): HeaderView {
  const { version, height, time } = header
  return {
    version,
    chainId: toHex(header.chainId),
    height,
    time,
    previousHash: toHex(header.previousHash),
    previousCommitHash: toHex(header.previousCommitHash),
    transactionsRoot: toHex(header.transactionsRoot),
    orderHash: toHex(header.orderHash),
    validatorsHash: toHex(header.validatorsHash),
    nextValidatorsHash: toHex(header.nextValidatorsHash),
    parametersHash: toHex(header.parametersHash),
    appHash: toHex(header.appHash),
    resultsHash: toHex(header.resultsHash),
    evidenceHash: toHex(header.evidenceHash),
    proposer: toHex(header.proposer),
  }
}

export function commitToView(commit: Commit): CommitView {
  const { height, round, blockHash: hash, signers, signature } = commit
  return { height, round, blockHash: toHex(hash), signers: toHex(signers), signature: toHex(signature) }
}

export function lightBlockToView({ header, commit, validators, nextValidators, possessions }: LightBlock): LightBlockView {
  const members = (list: LightBlock['validators']) =>
    list.map(({ consensusKey, power }) => ({ consensusKey: toHex(consensusKey), power: power.toString() }))
  return {
    header: headerToView(header),
    commit: commitToView(commit),
    validators: members(validators),
    nextValidators: nextValidators ? members(nextValidators) : null,
    possessions: possessions.map(({ consensusKey, operator, proof }) => ({
      consensusKey: toHex(consensusKey),
      operator: operator ? toHex(operator) : null,
      proof: toHex(proof),
    })),
  }
}

export function blockToView(block: Block): BlockView {
  return {
    hash: toHex(blockHash(block.header)),
    header: headerToView(block.header),
    lastCommit: block.lastCommit ? commitToView(block.lastCommit) : null,
    evidence: block.evidence.map((evidence) => toHex(encode(evidenceSchema, evidence))),
    transactions: block.transactions.map(toHex),
  }
}

export function transactionToView(id: Hash, found: IncludedTransaction): TransactionView {
  const { height, index, encoded, result, proof, resultProof } = found
  return {
    id: toHex(id),
    height,
    index,
    encoded: toHex(encoded),
    result: resultToView(result),
    proof: inclusionToView(proof),
    resultProof: inclusionToView(resultProof),
  }
}

function resultToView({ code, data, events }: TransactionResult): ResultView {
  const named = events.map(({ type, attributes }) => ({ type, attributes: attributes.map((attribute) => ({ ...attribute })) }))
  return { code, data: toHex(data), events: named }
}

function inclusionToView({ index, size, path }: InclusionProof): TransactionView['proof'] {
  return { index, size, path: path.map(toHex) }
}

export function stateProofToView({ siblings, other }: StateProof): {
  siblings: string[]
  other: { path: string; valueHash: string } | null
} {
  return {
    siblings: siblings.map(toHex),
    other: other ? { path: toHex(other.path), valueHash: toHex(other.valueHash) } : null,
  }
}

export function statusToView(node: SynodNode): StatusView {
  const { mode, height, round, step, blockTime, addresses, validator, signing, fault, self, addressBook, ...rest } = node.status()
  return {
    chainId: toHex(node.chainId),
    application: node.application.name,
    mode,
    height,
    round,
    step,
    blockHash: toHex(rest.blockHash),
    appHash: toHex(rest.appHash),
    blockTime,
    peerId: self,
    addresses: [...addresses],
    reachability: rest.reachability,
    ownAddresses: rest.ownAddresses.map(({ address, sources, standing }) => ({ address, sources: [...sources], standing })),
    portMapping: rest.portMapping,
    validator: validator ? { consensusKey: toHex(validator.consensusKey), active: validator.active } : null,
    signing,
    fault: fault ?? null,
    addressBook: { ...addressBook },
    progress: rest.progress ? { ...rest.progress, remainingMs: rest.progress.remainingMs ?? null } : null,
    survey: rest.survey ? { ...rest.survey } : null,
  }
}

/** Whoever knows its standing here can tell how much more it may do, and traffic tells who is whose validator: both are the operator's. */
export function peersToView(node: SynodNode, operator: boolean): PeersView {
  const traffic = new Map(operator ? node.net().peers.map((peer) => [peer.id, peer.traffic]) : [])
  const peers = node.peers().map(({ id, standing, latencyMs = null, ...peer }): PeersView['peers'][number] => {
    const crossed = traffic.get(id)
    return {
      id,
      address: peer.address,
      host: peer.host,
      transport: peer.transport,
      direction: peer.direction,
      protection: peer.protection,
      latencyMs,
      connectedAt: peer.connectedAt,
      height: peer.height,
      agent: peer.agent,
      staked: peer.staked,
      standing: operator ? standingToView(standing) : null,
      traffic: crossed ? trafficToView(crossed) : null,
    }
  })
  return { peers }
}

export function validatorsToView(node: SynodNode): ValidatorsView {
  const { validators, totalPower } = node.validators()
  return {
    height: node.status().height + 1,
    totalPower: totalPower.toString(),
    validators: validators.map(({ consensusKey, power }, index) => ({
      index,
      consensusKey: toHex(consensusKey),
      power: power.toString(),
    })),
  }
}

export function eventToView(event: NodeEvent): EventView {
  switch (event.type) {
    case 'block': {
      const { height, time, proposer, appHash } = event.block.header
      return {
        type: 'block',
        height,
        hash: toHex(event.hash),
        time,
        round: event.commit.round,
        transactions: event.ids.map(toHex),
        proposer: toHex(proposer),
        appHash: toHex(appHash),
      }
    }
    case 'round':
      return { type: 'round', height: event.height, round: event.round, step: event.step }
    case 'peer-connected':
    case 'peer-disconnected':
      return { type: 'peer', connected: event.type === 'peer-connected', id: event.peer.id, reason: event.reason ?? '' }
    case 'evidence':
      return { type: 'evidence', consensusKey: toHex(event.consensusKey), height: event.height }
    case 'attack':
      return { type: 'attack', kind: event.kind, active: event.active, refused: event.refused, sources: event.sources }
    case 'ban':
      return { type: 'ban', target: event.target, reason: event.reason, until: event.until }
    case 'fault':
      return { type: 'fault', message: event.message }
  }
}
