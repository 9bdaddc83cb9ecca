/**
 * The outer bounds of the wire format: what a decoder accepts from anybody on any chain. A chain's own limits, from its spec or
 * its state, are stricter and are checked by whoever knows them.
 */
export const validatorsMax = 1024
export const transactionBytesMax = 32 << 10
export const batchBytesMax = 64 << 10
export const batchTransactionsMax = 4096
export const blockBatchesMax = 1024
export const blockTransactionsMax = 65_536
export const blockEvidenceMax = 64
/** Of a block's evidence, encoded: what names a thousand signers is long. */
export const blockEvidenceBytesMax = 256 << 10
/**
 * Signers in one piece of evidence who are no validators of the chain. A light client takes no step that brings more signers it does
 * not know: so what deceives it can be proved in a block.
 */
export const evidencePossessionsMax = 256
/** Rounds a node looks ahead of its own within a height. */
export const roundMax = 1_000_000
