import { z } from 'zod'
import { readSignerAddress } from './signer-address.ts'

/** The table `[signer]`: where the validator's key is, when it is not in the node. */
export const signerTable = z
  .strictObject({
    addresses: z
      .array(
        z
          .string()
          .refine(
            (text) => readSignerAddress(text) !== undefined,
            'an address with a TCP port and a peer id, such as /ip4/192.0.2.7/tcp/26659/p2p/12D3KooW…',
          ),
      )
      .max(8)
      .default([])
      .describe(
        'The processes (`synod signer`) that hold this validator’s key, the preferred first; the next is asked when one does not answer. Empty: the key is in the keys directory.',
      ),
    timeout_ms: z
      .int()
      .min(100)
      .max(60_000)
      .default(2000)
      .describe('How long a signer may take to answer before the next one is asked, in milliseconds.'),
  })
  .prefault({})
  .describe('A signer apart from the node.')
