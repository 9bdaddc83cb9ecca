import { describe, expect, it } from 'vitest'
import { type Bytes, fromHex, toHex } from '../../primitives/bytes.ts'
import { decodeStun, encodeStun, type StunMessage } from './stun-message.ts'

const hex = (text: string): Bytes => fromHex(text) as Bytes
const transactionId = hex('b7e7a701bc34d686fa87dfae')

function read(bytes: Uint8Array): StunMessage {
  const decoded = decodeStun(bytes)
  if (!decoded.ok) throw new Error(decoded.error.detail)
  return decoded.value
}

/** RFC 5769, 2.2 and 2.3: a server's answers, with software, integrity and fingerprint. */
const answers = {
  ipv4: `0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643
000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96`,
  ipv6: `010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9fa
a5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c`,
}

describe('STUN messages', () => {
  it.each([
    ['ipv4', { host: '192.0.2.1', port: 32_853 }],
    ['ipv6', { host: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 }],
  ] as const)('reads the sample answer of RFC 5769, %s', (family, mapped) => {
    expect(read(hex(answers[family].replace('\n', '')))).toEqual({ kind: 'success', transactionId, mapped })
  })

  it('writes a request that changes address and port, as any server reads it', () => {
    const bytes = encodeStun({ kind: 'request', transactionId, change: { address: true, port: true } })
    expect(toHex(bytes.subarray(0, 28))).toBe(`000100102112a442${toHex(transactionId)}0003000400000006`)
    expect(toHex(bytes.subarray(28, 32))).toBe('80280004')
  })

  it.each([
    { kind: 'request' },
    { kind: 'success', mapped: { host: '2001:db8::7', port: 1 }, origin: { host: '203.0.113.7', port: 3478 } },
    { kind: 'success', mapped: { host: '203.0.113.7', port: 65_535 }, other: { host: '203.0.113.8', port: 3479 } },
    { kind: 'error', errorCode: 420 },
    { kind: 'indication' },
  ] as const)('reads what it writes: %o', (message) => {
    expect(read(encodeStun({ ...message, transactionId }))).toEqual({ ...message, transactionId })
  })

  it('reads the address of an old server, and its second one', () => {
    const address = '0001000800010d960102030400050008000112340506070a'
    const bytes = hex(`010100182112a442${toHex(transactionId)}${address}`)
    expect(read(bytes)).toMatchObject({
      mapped: { host: '1.2.3.4', port: 3478 },
      other: { host: '5.6.7.10', port: 0x1234 },
    })
  })

  it('takes no address without a port, of no family, or cut short', () => {
    for (const address of ['000100080001000001020304', '000100080003123401020304', '0001000400011234']) {
      const length = (address.length / 2).toString(16).padStart(4, '0')
      expect(read(hex(`0101${length}2112a442${toHex(transactionId)}${address}`)).mapped).toBeUndefined()
    }
  })

  const good = encodeStun({ kind: 'success', transactionId, mapped: { host: '203.0.113.7', port: 7 } })
  const changed = (at: number, to: number) => good.map((byte, index) => (index === at ? to : byte))
  it.each([
    ['nothing', new Uint8Array(0)],
    ['a datagram longer than any', new Uint8Array(2000)],
    ['another protocol', changed(4, 0)],
    ['another method', changed(1, 2)],
    ['a false length', changed(3, 4)],
    ['a false fingerprint', changed(good.length - 1, 0)],
    ['an attribute that is longer than the message', changed(23, 200)],
    ['an attribute that must be understood', changed(21, 0x7f)],
    ['bytes at the end', Uint8Array.of(...good, 0, 0, 0, 0)],
    ['an error code of no class', hex(`011100082112a442${toHex(transactionId)}0009000400000032`)],
    ['an error code past 99 in its class', hex(`011100082112a442${toHex(transactionId)}0009000400000396`)],
    ['an error code cut short', hex(`011100082112a442${toHex(transactionId)}0009000300000300`)],
  ])('refuses %s', (_, bytes) => expect(decodeStun(bytes)).toMatchObject({ ok: false, error: { code: 'STUN_MALFORMED' } }))
})
