/** What a light client, who fetches a state and who looks for forks can refuse: part of `error-catalogue.ts`. */
export const lightRejections = {
  EVIDENCE_TOO_LARGE: { verdict: 'reject', summary: 'The evidence in a block is longer than a block may carry.' },
  LIGHT_BLOCK_MALFORMED: { verdict: 'reject', summary: 'The parts of a light block do not belong together.' },
  LIGHT_FORK: {
    verdict: 'ignore',
    summary: 'Two blocks of one height are final by the same trusted validators: the chain has forked, or is being attacked.',
  },
  LIGHT_FROM_FUTURE: { verdict: 'ignore', summary: 'A header is from further in the future than clocks may stand apart.' },
  LIGHT_NOT_HELD: { verdict: 'ignore', summary: 'Nobody who was asked has the light block of this height.' },
  LIGHT_NOT_LATER: { verdict: 'reject', summary: 'A header that should follow from a trusted one is not later than it.' },
  LIGHT_POSSESSION_INVALID: { verdict: 'reject', summary: 'A proof that a validator knows its secret key does not hold.' },
  LIGHT_ROOT_WRONG: {
    verdict: 'ignore',
    summary: 'The chain that a provider serves has another block at the trusted height than the trusted one.',
  },
  SNAPSHOT_FALSE: { verdict: 'reject', summary: 'A part of a snapshot is not of the state that the trusted header names.' },
  LIGHT_TOO_FAR_BACK: {
    verdict: 'ignore',
    summary: 'The height lies further before every trusted one than hashes are followed.',
  },
  LIGHT_TRUST_EXPIRED: {
    verdict: 'ignore',
    summary: 'The newest trusted header is older than the trust period: who signed it may have nothing at stake any more.',
  },
  LIGHT_UNCONFIRMED: { verdict: 'ignore', summary: 'Fewer witnesses than are wanted have the same block at this height.' },
  LIGHT_UNPROVABLE: { verdict: 'ignore', summary: 'A verifying proxy serves what can be proved, and nothing else.' },
  LIGHT_WRONG_HEIGHT: { verdict: 'reject', summary: 'A light block of another height came than was asked for.' },
  LIGHT_WRONG_VALIDATORS: { verdict: 'reject', summary: 'A header names other validators than the header before it promised.' },
  VALIDATORS_MALFORMED: {
    verdict: 'reject',
    summary: 'A validator set is empty or too large, out of order, or holds a key twice or one without power.',
  },
} as const
