import type { Block } from '../../chain/block.ts'
import type { Commit } from '../../chain/certificate.ts'
import type { Operation, Transaction } from '../../chain/transaction.ts'
import { assert } from '../../primitives/assert.ts'
import { toHex } from '../../primitives/bytes.ts'

/** A block with its transactions decoded: what the codec and JSON are asked for alike. */
export type OpenBlock = Omit<Block, 'transactions'> & { readonly transactions: readonly Transaction[] }

/** A block as HTTP APIs write it: byte strings in hexadecimal, 64-bit integers as decimal strings, nothing for what is absent. */
export function blockToJson(block: OpenBlock): Uint8Array {
  const json = JSON.stringify(block, (_, value) =>
    value instanceof Uint8Array ? toHex(value) : typeof value === 'bigint' ? value.toString() : value,
  )
  return new TextEncoder().encode(json)
}

type Json = Readonly<Record<string, unknown>>

/** Fields as the block's schema has them, with the same checks of type and length. @param bytesOf turns hexadecimal into bytes. */
export function jsonDecoder(bytesOf: (hex: string) => Uint8Array): (json: Uint8Array) => OpenBlock {
  const utf8 = new TextDecoder('utf-8', { fatal: true })

  function bytes(value: unknown, min: number, max = min): Uint8Array {
    assert(typeof value === 'string' && value.length >= 2 * min && value.length <= 2 * max, 'not hexadecimal of the right length')
    return bytesOf(value)
  }

  function commit(json: Json): Commit {
    return {
      height: uint(json['height']),
      round: uint(json['round']),
      blockHash: bytes(json['blockHash'], 32),
      signers: bytes(json['signers'], 1, 128),
      signature: bytes(json['signature'], 96),
    }
  }

  function transfer(json: Json): Operation {
    assert(json['type'] === 'transfer', 'not a transfer')
    return { type: 'transfer', to: bytes(json['to'], 20), amount: u64(json['amount']), memo: bytes(json['memo'], 0, 256) }
  }

  function transaction(json: Json): Transaction {
    return {
      chainId: bytes(json['chainId'], 32),
      sender: bytes(json['sender'], 32),
      nonce: uint(json['nonce']),
      fee: u64(json['fee']),
      expiryHeight: uint(json['expiryHeight']),
      operations: list(json['operations'], transfer),
      signature: bytes(json['signature'], 64),
    }
  }

  function header(json: Json): OpenBlock['header'] {
    return {
      version: uint(json['version']),
      chainId: bytes(json['chainId'], 32),
      height: uint(json['height']),
      time: uint(json['time']),
      previousHash: bytes(json['previousHash'], 32),
      previousCommitHash: bytes(json['previousCommitHash'], 32),
      transactionsRoot: bytes(json['transactionsRoot'], 32),
      validatorsHash: bytes(json['validatorsHash'], 32),
      nextValidatorsHash: bytes(json['nextValidatorsHash'], 32),
      parametersHash: bytes(json['parametersHash'], 32),
      appHash: bytes(json['appHash'], 32),
      resultsHash: bytes(json['resultsHash'], 32),
      evidenceHash: bytes(json['evidenceHash'], 32),
      orderHash: bytes(json['orderHash'], 32),
      proposer: bytes(json['proposer'], 48),
    }
  }

  return (encoded) => {
    const json = JSON.parse(utf8.decode(encoded)) as Json
    return {
      header: header(json['header'] as Json),
      lastCommit: json['lastCommit'] === undefined ? undefined : commit(json['lastCommit'] as Json),
      evidence: list(json['evidence'], () => assert(false, 'the sample has no evidence') as never),
      transactions: list(json['transactions'], transaction),
    }
  }
}

function list<T>(value: unknown, item: (json: Json) => T): T[] {
  assert(Array.isArray(value), 'not a list')
  return value.map(item)
}

function uint(value: unknown): number {
  assert(Number.isSafeInteger(value) && (value as number) >= 0, 'not a natural number')
  return value as number
}

function u64(value: unknown): bigint {
  assert(typeof value === 'string' && /^(0|[1-9][0-9]{0,19})$/.test(value), 'not a decimal number')
  return BigInt(value)
}
