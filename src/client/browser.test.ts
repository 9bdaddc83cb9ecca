import { describe, expect, it } from 'vitest'
import { findChromium } from '../cli/bench/browser/chromium.ts'
import { followInBrowser } from '../cli/bench/browser/follow-in-browser.ts'
import { makeChain } from '../cli/bench/made-chain.ts'
import { sha256 } from '../crypto/hash.ts'
import { toHex, utf8 } from '../primitives/bytes.ts'

const program = findChromium()
const genesisTime = Date.now() - 3_600_000
const chain = makeChain({ heights: 40, validators: 4, changedEvery: 8, genesisTime })

describe.skipIf(!program)(program ? 'in Chromium' : 'no Chromium on this machine', () => {
  it('the client’s own modules load as they are, follow a chain, and find a fork and a forgery', async () => {
    const lie = sha256(utf8('lie'))
    const forked = makeChain({
      heights: 40,
      validators: 4,
      changedEvery: 8,
      genesisTime,
      header: (height, header) => (height >= 20 ? { ...header, appHash: lie } : header),
    })
    const forged = makeChain({ heights: 40, validators: 4, changedEvery: 8, genesisTime, signers: () => [0, 1] })
    const outcomes = await followInBrowser(
      program as string,
      [
        { chain, height: 40 },
        { chain, witness: forked, height: 40 },
        { chain: forged, height: 40 },
      ],
      60_000,
    )
    expect(outcomes).toMatchObject([
      { hash: toHex(chain.hashAt(40)) },
      { error: 'LIGHT_FORK' },
      { error: 'CERTIFICATE_NO_QUORUM' },
    ])
  }, 90_000)
})
