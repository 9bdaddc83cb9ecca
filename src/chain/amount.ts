import { unitsPerToken } from './transaction.ts'

/**
 * Amounts as people write them: tokens, with up to nine decimals. Everything inside the chain counts in base units, 10⁹ to a token,
 * and so does the API; only files and the command line speak of tokens.
 */
const decimals = 9
export const amountMax = 0xffff_ffff_ffff_ffffn

/** The base units of `"1500"`, `"0.25"` or `"1_000.5"`; `undefined` for anything else, or more than 64 bits hold. */
export function parseTokens(text: string): bigint | undefined {
  const match = /^(0|[1-9][0-9]{0,2}(?:_[0-9]{3})+|[1-9][0-9]{0,10})(?:\.([0-9]{1,9}))?$/.exec(text)
  if (match === null) return undefined
  const [, whole = '', fraction = ''] = match
  const units = BigInt(whole.replaceAll('_', '')) * unitsPerToken + BigInt(fraction.padEnd(decimals, '0'))
  return units <= amountMax ? units : undefined
}

/** Tokens without superfluous zeros: the shortest text that `parseTokens` reads as the same amount. */
export function formatTokens(units: bigint): string {
  const fraction = (units % unitsPerToken).toString().padStart(decimals, '0').replace(/0+$/, '')
  return `${units / unitsPerToken}${fraction === '' ? '' : `.${fraction}`}`
}
