import { consensusKey, consensusSignature, hash } from '../chain/identifiers.ts'
import { lastSignedSchema, signingSubjectSchema } from '../chain/signing.ts'
import { documented, type Infer, list, literal, optional, struct, text, uint, variant } from '../codec/schema.ts'

/**
 * What a node and the process that holds its validator's keys say to each other, over TLS with both peer ids proved: one answer to each
 * request, in their order. Spec: docs/spec/consensus.md, "A signer of its own".
 */
const signersMax = 8
export const signerKeysMax = 16
/** Of one message, encoded. */
export const signerMessageBytesMax = 4096

export const signerRequestSchema = variant('SignerRequest', {
  hello: {
    tag: 0,
    schema: documented(
      struct('SignerHello', {
        version: literal(1),
        chainId: hash,
        /** How many signers the node may go to. */
        signers: uint({ max: signersMax }),
        lastSigned: optional(lastSignedSchema),
      }),
      'First, and every two seconds: which chain it is, and what the node knows to be signed. Answered by `keys`.',
    ),
  },
  sign: {
    tag: 1,
    schema: documented(
      struct('SignerWish', { key: consensusKey, subject: signingSubjectSchema }),
      'Asks for a signature. Answered by `signature`.',
    ),
  },
})
export type SignerRequest = Infer<typeof signerRequestSchema>

export const signerAnswerSchema = variant('SignerAnswer', {
  keys: { tag: 0, schema: struct('SignerKeys', { keys: list(consensusKey, { max: signerKeysMax }) }) },
  signature: { tag: 1, schema: struct('SignerSignature', { signature: consensusSignature }) },
  refusal: {
    tag: 2,
    schema: documented(
      struct('SignerRefusal', { code: text({ max: 48 }) }),
      'Instead of any other: a code of the error catalogue.',
    ),
  },
})
export type SignerAnswer = Infer<typeof signerAnswerSchema>
