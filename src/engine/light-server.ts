import type { Application } from '../application/application.ts'
import { certificateSchema } from '../chain/certificate.ts'
import type { ChainSpec } from '../chain/chain-spec.ts'
import type { ConsensusKey } from '../chain/identifiers.ts'
import type { KeyPossession } from '../chain/key-possession.ts'
import { type ValidatorSet, validatorSetHash } from '../chain/validator-set.ts'
import { decode, encode } from '../codec/codec.ts'
import {
  changesMax,
  type LightBlock,
  lightBlockSchema,
  lightRequestSchema,
  provenStateSchema,
  provenTransactionSchema,
  validatorChangesSchema,
} from '../light/light-block.ts'
import { type Bytes, bytesEqual, bytesKey } from '../primitives/bytes.ts'
import type { Chain } from './chain.ts'
import { proveState } from './node-queries.ts'
import type { PolkaMemory } from './polka-memory.ts'
import { requestRejected } from './request-rejection.ts'
import { createTransactionFinder } from './transaction-finder.ts'

/** Light blocks for those who follow the chain by its headers: peers that synchronise their state, light clients behind the API. */
export interface LightServer {
  /** 0: the latest. Undefined where the block, or who decided it, is not held. */
  lightBlock(height: number): Promise<LightBlock | undefined>
  /** The heights above one after which other validators decide, rising: the first of them. */
  validatorChanges(height: number): Promise<readonly number[]>
  serve(request: Bytes): AsyncGenerator<Bytes>
}

export function createLightServer(options: {
  chain: Chain
  spec: ChainSpec
  application: Application
  polkas: PolkaMemory
}): LightServer {
  const { chain, application, polkas } = options
  const findTransaction = createTransactionFinder(chain)
  const genesis = new Map(
    options.spec.validators.map(({ consensusKey, possession }) => [
      bytesKey(consensusKey),
      { consensusKey, operator: undefined, proof: possession } satisfies KeyPossession,
    ]),
  )

  function possessionOf(key: ConsensusKey): KeyPossession | undefined {
    const first = genesis.get(bytesKey(key))
    if (first) return first
    const registered = application.possessionOf?.(key, chain.state.reader())
    return registered && { consensusKey: key, operator: registered.operator, proof: registered.proof }
  }

  async function lightBlock(requested: number): Promise<LightBlock | undefined> {
    const height = requested === 0 ? chain.tip().height : requested
    const final = height > 0 && height <= chain.tip().height ? chain.blocks.read(height) : undefined
    if (!final) return undefined
    const { header } = final.block
    const [decided, next] = await Promise.all([chain.history.at(height), chain.history.at(height + 1)])
    if (!isNamed(decided, header.validatorsHash) || !isNamed(next, header.nextValidatorsHash)) return undefined
    return {
      header,
      commit: final.commit,
      validators: decided.validators,
      nextValidators: bytesEqual(header.validatorsHash, header.nextValidatorsHash) ? undefined : next.validators,
      possessions: decided.validators.flatMap(({ consensusKey }) => possessionOf(consensusKey) ?? []),
    }
  }

  async function validatorChanges(height: number): Promise<readonly number[]> {
    const heights = await chain.history.changesAbove(height, changesMax)
    // Who decides after the tip is in no header that anybody could be shown.
    return heights.filter((changed) => changed <= chain.tip().height)
  }

  return {
    lightBlock,
    validatorChanges,
    async *serve(request) {
      const decoded = decode(lightRequestSchema, request)
      if (!decoded.ok) throw requestRejected(decoded.error)
      const asked = decoded.value
      if (asked.type === 'transaction') {
        const found = findTransaction(asked.id)
        if (found) yield encode(provenTransactionSchema, found)
        return
      }
      if (asked.type === 'state') {
        yield encode(provenStateSchema, proveState(chain, asked.key))
        return
      }
      const { type, height } = asked
      if (type === 'polkas') {
        for (const polka of await polkas.at(height)) yield encode(certificateSchema, polka)
        return
      }
      if (type === 'changes') {
        yield encode(validatorChangesSchema, { heights: await validatorChanges(height) })
        return
      }
      const held = await lightBlock(height)
      if (held) yield encode(lightBlockSchema, held)
    },
  }
}

/** The history may lack what lies before it: then another set than the right one is found. */
function isNamed(set: ValidatorSet | undefined, hash: Bytes): set is ValidatorSet {
  return set !== undefined && bytesEqual(validatorSetHash(set), hash)
}
