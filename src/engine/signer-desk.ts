import type { ChainId } from '../chain/identifiers.ts'
import type { SigningSubject } from '../chain/signing.ts'
import type { Disk } from '../ports/disk.ts'
import type { Signer } from '../ports/signer.ts'
import { type Bytes, bytesEqual } from '../primitives/bytes.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { type SignerAnswer, type SignerRequest, signerKeysMax } from './signer-message.ts'
import { openSigningRecord } from './signing-record.ts'

/**
 * Answers nodes in the name of the process that holds their validator's keys. It computes what it signs from what that means, for its
 * own chain alone, and its own last-signed record decides whether: whoever asks, and whatever they were told elsewhere.
 */
export interface SignerDesk {
  /** For one connection, whose peer is known: takes a request after the other. */
  session(): (request: SignerRequest) => Promise<SignerAnswer>
}

export async function openSignerDesk(options: {
  signer: Signer
  disk: Disk
  chainId: ChainId
  /** How many nodes may ask it. */
  nodes: number
}): Promise<SignerDesk> {
  const { signer, disk, chainId } = options
  const record = await openSigningRecord(disk, chainId)
  const keysOf = async () => (await signer.keys()).slice(0, signerKeysMax)

  async function greet(request: SignerRequest & { type: 'hello' }): Promise<SignerAnswer> {
    if (!bytesEqual(request.chainId, chainId)) return refusal('SIGNER_WRONG_CHAIN')
    // Of several nodes with several signers each, two could have different records behind them.
    if (options.nodes > 1 && request.signers > 1) return refusal('SIGNER_SHARED')
    if (request.lastSigned) await record.adopt(request.lastSigned)
    return { type: 'keys', keys: await keysOf() }
  }

  async function sign(key: Bytes, subject: SigningSubject): Promise<SignerAnswer> {
    if (!(await keysOf()).some((held) => bytesEqual(held, key))) return refusal('SIGNER_UNKNOWN_KEY')
    const signed = await record.sign(subject, (message) => signer.sign({ key, message, subject }))
    if (signed === 'conflict') return refusal('SIGNER_CONFLICT')
    return signed ? { type: 'signature', signature: signed } : refusal('SIGNER_UNKNOWN_KEY')
  }

  return {
    session() {
      let greeted = false
      return async (request) => {
        if (request.type === 'sign') return greeted ? sign(request.key, request.subject) : refusal('SIGNER_MALFORMED')
        const answer = await greet(request)
        greeted = answer.type === 'keys'
        return answer
      }
    },
  }
}

function refusal(code: RejectionCode): SignerAnswer {
  return { type: 'refusal', code }
}
