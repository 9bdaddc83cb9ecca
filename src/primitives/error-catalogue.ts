/**
 * Every error a person or a peer can be shown, in one place. `docs/errors.md` is generated from it, and a test holds code,
 * catalogue and docs together.
 *
 * - A *rejection* is another party's fault. Its verdict says what gossip does with the message: `reject` costs the sender
 *   reputation, `ignore` does not (the sender may be honest and merely late or ahead).
 * - An *operational* error is a fault of the machine, the disk or the configuration. It ends a command with its exit code.
 */
export interface RejectionEntry {
  readonly verdict: 'ignore' | 'reject'
  readonly summary: string
}
export interface OperationalEntry {
  /** Process exit status, after sysexits.h where one fits. */
  readonly exit: number
  readonly summary: string
  readonly hint: string
}

export const rejections = {
  CODEC_TRUNCATED: { verdict: 'reject', summary: 'The bytes end before the message does.' },
  CODEC_TRAILING: { verdict: 'reject', summary: 'Bytes follow the end of the message.' },
  CODEC_NON_CANONICAL: { verdict: 'reject', summary: 'The value is encoded in a form our encoder would not produce.' },
  CODEC_TYPE: { verdict: 'reject', summary: 'A field has another type than its schema declares.' },
  CODEC_LIMIT: { verdict: 'reject', summary: 'A field is shorter, longer or larger than its schema allows.' },
  CODEC_TAG: { verdict: 'reject', summary: 'A message is of a kind that is not known here.' },
  CODEC_TEXT: { verdict: 'reject', summary: 'A text is not well-formed UTF-8.' },

  ADDRESS_MALFORMED: { verdict: 'reject', summary: 'The text is not an address: mistyped, truncated or of another kind.' },
  ADDRESS_PREFIX: { verdict: 'reject', summary: 'The address belongs to another chain: it has another prefix.' },
} as const satisfies Record<string, RejectionEntry>

export const operationalErrors = {
  RUNTIME_MISSING: {
    exit: 78,
    summary: 'The Node that runs Synod is too old, and the runtime Synod installs for itself is missing.',
    hint: 'Install Node 24, or run `npm ci` again with install scripts allowed: they bring the runtime.',
  },
  CONFIG_UNKNOWN_KEY: { exit: 78, summary: 'The configuration has a key that is not known.', hint: 'Correct or remove the key.' },
  DIAL_FAILED: {
    exit: 69,
    summary: 'A connection to a peer could not be made.',
    hint: 'Check the address and that the peer is running and on the same chain.',
  },
  LISTEN_FAILED: {
    exit: 69,
    summary: 'The node cannot listen on an address it was given.',
    hint: 'Choose another port or address, or stop the program that uses it.',
  },
  REQUEST_FAILED: { exit: 69, summary: 'A peer did not answer a request.', hint: 'Ask another peer, or the same one later.' },
} as const satisfies Record<string, OperationalEntry>

export type RejectionCode = keyof typeof rejections
export type OperationalCode = keyof typeof operationalErrors
