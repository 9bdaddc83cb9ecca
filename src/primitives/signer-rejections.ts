/** The part of the catalogue that a signer answers to the nodes that ask it. */
export const signerRejections = {
  SIGNER_CONFLICT: {
    verdict: 'reject',
    summary:
      'A node asks its signer for a message that could contradict one that was signed: an earlier place, or another message at the same.',
  },
  SIGNER_MALFORMED: { verdict: 'reject', summary: 'What a node sends its signer is no request, or comes before the first one.' },
  SIGNER_PEER_UNKNOWN: {
    verdict: 'reject',
    summary: 'Somebody asks a signer without proving a peer id that the signer was told of.',
  },
  SIGNER_SHARED: {
    verdict: 'reject',
    summary: 'A node goes to several signers, and this one serves several nodes: the records of both could part.',
  },
  SIGNER_UNKNOWN_KEY: {
    verdict: 'reject',
    summary: 'A node asks its signer for a signature of a key that the signer does not hold.',
  },
  SIGNER_WRONG_CHAIN: { verdict: 'reject', summary: 'A node of another chain asks a signer.' },
} as const
