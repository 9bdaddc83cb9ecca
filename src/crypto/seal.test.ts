import { describe, expect, it } from 'vitest'
import { type Bytes, utf8 } from '../primitives/bytes.ts'
import { sha256 } from './hash.ts'
import { openSeal, seal, sealCostDefault } from './seal.ts'

const chance = { salt: new Uint8Array(16).fill(1), nonce: new Uint8Array(24).fill(2) }
const cost = { passes: 1, memoryKib: 8 }
const secret = utf8('a secret of 32 bytes, more or less')
const sealed = seal(secret, 'passphrase', chance, cost)

/** As an attacker would: altered, with the checksum put right again. */
function forge(change: (bytes: Bytes) => void): Bytes {
  const forged = sealed.slice()
  change(forged)
  forged.set(sha256(forged.subarray(0, -32)), forged.length - 32)
  return forged
}

describe('a sealed secret', () => {
  it('opens with its passphrase', () => {
    expect(openSeal(sealed, 'passphrase')).toEqual({ ok: true, secret })
  })

  it('is the same for the same salt and nonce, and differs in every other case', () => {
    expect(seal(secret, 'passphrase', chance, cost)).toEqual(sealed)
    expect(seal(secret, 'passphrase', { ...chance, nonce: new Uint8Array(24) }, cost)).not.toEqual(sealed)
    expect(seal(secret, 'passphrase', { ...chance, salt: new Uint8Array(16) }, cost)).not.toEqual(sealed)
  })

  it('may be empty, and costs the default when nothing else is asked', () => {
    expect(openSeal(seal(new Uint8Array(0), '', chance), '')).toEqual({ ok: true, secret: new Uint8Array(0) })
    expect(sealCostDefault).toEqual({ passes: 3, memoryKib: 65_536 })
  })

  it('takes a passphrase for the same however its characters are composed', () => {
    expect(openSeal(seal(secret, 'caf\u00e9', chance, cost), 'cafe\u0301')).toEqual({ ok: true, secret })
  })

  it('does not open with another passphrase', () => {
    expect(openSeal(sealed, 'Passphrase')).toEqual({ ok: false, error: 'wrong-passphrase' })
  })

  it('shows damage to every single byte', () => {
    for (let index = 0; index < sealed.length; index++) {
      const damaged = sealed.slice()
      damaged[index]! ^= 0x40
      const expected = index < 8 ? 'not-sealed' : index === 8 ? 'unknown-version' : 'damaged'
      expect(openSeal(damaged, 'passphrase'), `byte ${index}`).toEqual({ ok: false, error: expected })
    }
  })

  it('shows every truncation', () => {
    for (let length = 0; length < sealed.length; length++) {
      expect(openSeal(sealed.subarray(0, length), 'passphrase').ok, `${length} bytes`).toBe(false)
    }
    expect(openSeal(new Uint8Array([...sealed, 0]), 'passphrase')).toEqual({ ok: false, error: 'damaged' })
  })

  it('authenticates every byte of its header and content', () => {
    for (let index = 9; index < sealed.length - 32; index++) {
      // Flipping a low bit keeps most costs within bounds; those that leave them are refused for it.
      const forged = forge((bytes) => {
        bytes[index]! ^= 1
      })
      expect(openSeal(forged, 'passphrase'), `byte ${index}`).toMatchObject({ ok: false })
    }
  })

  it.each([
    ['no passes', 0, 8],
    ['too many passes', 17, 8],
    ['four billion passes', 0xffff_ffff, 8],
    ['no memory', 1, 0],
    ['too little memory', 1, 7],
    ['more than a gibibyte', 1, 1_048_577],
    ['four tebibytes', 1, 0xffff_ffff],
  ])('that asks for %s is refused before anything is computed', (_, passes, memoryKib) => {
    const hostile = forge((bytes) => {
      const numbers = new DataView(bytes.buffer)
      numbers.setUint32(12, passes)
      numbers.setUint32(16, memoryKib)
    })
    expect(openSeal(hostile, 'passphrase')).toEqual({ ok: false, error: 'hostile-cost' })
  })
})
