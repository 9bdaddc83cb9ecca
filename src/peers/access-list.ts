import { type AddressBlock, contains, formatBlock, parseBlock, parseIp } from './network-group.ts'

/**
 * Whom the operator lets in or keeps out, whatever they do: peers by their id, addresses one by one or by the block. The most
 * particular rule holds, so that one address of a denied block can be allowed; a rule against goes before an equal one in favour.
 */
export interface AccessList {
  /** Replaces an earlier rule for the same target. False when the list is full. */
  set(target: Target, rule: AccessRule): boolean
  /** False when there was no rule of this kind for exactly this target. */
  remove(target: Target, verdict: AccessVerdict): boolean
  ofPeer(peer: string, now: number): AccessVerdict | undefined
  ofHost(host: string, now: number): AccessVerdict | undefined
  entries(now: number): readonly AccessEntry[]
}

export type AccessVerdict = 'allow' | 'deny'

export interface AccessRule {
  readonly verdict: AccessVerdict
  /** In the milliseconds of the time passed in; Infinity: until removed. */
  readonly until: number
  readonly by: 'settings' | 'operator'
}

export interface AccessEntry extends AccessRule {
  readonly target: Target
}

/** `text` is the one way to write it. */
export type Target =
  | { readonly kind: 'peer'; readonly text: string }
  | { readonly kind: 'address' | 'block'; readonly text: string; readonly block: AddressBlock }

/** More than a person keeps in mind, and few enough to go through for every connection. */
export const accessRulesMax = 4096

const peerIdText = /^[0-9A-Za-z]{1,128}$/

/** A peer id, an IP address or a CIDR block; undefined when the text is none of them. */
export function parseTarget(text: string): Target | undefined {
  const block = parseBlock(text)
  if (block) return { kind: block.bits === block.network.length * 8 ? 'address' : 'block', text: formatBlock(block), block }
  return peerIdText.test(text) ? { kind: 'peer', text } : undefined
}

export function createAccessList(): AccessList {
  const peers = new Map<string, AccessEntry>()
  const blocks = new Map<string, AccessEntry & { readonly target: { readonly block: AddressBlock } }>()
  const holds = ({ until }: AccessRule, now: number) => now < until

  return {
    set(target, rule) {
      const isNew = !peers.has(target.text) && !blocks.has(target.text)
      if (isNew && peers.size + blocks.size >= accessRulesMax) return false
      if (target.kind === 'peer') peers.set(target.text, { target, ...rule })
      else blocks.set(target.text, { target, ...rule })
      return true
    },
    remove(target, verdict) {
      const book = target.kind === 'peer' ? peers : blocks
      return book.get(target.text)?.verdict === verdict && book.delete(target.text)
    },
    ofPeer(peer, now) {
      const entry = peers.get(peer)
      return entry && holds(entry, now) ? entry.verdict : undefined
    },
    ofHost(host, now) {
      const address = blocks.size === 0 ? undefined : parseIp(host)
      if (!address) return undefined
      let best: { readonly bits: number; readonly verdict: AccessVerdict } | undefined
      for (const { target, ...rule } of blocks.values()) {
        const { bits } = target.block
        if (bits < (best?.bits ?? 0) || !holds(rule, now) || !contains(target.block, address)) continue
        if (best?.bits !== bits || rule.verdict === 'deny') best = { bits, verdict: rule.verdict }
      }
      return best?.verdict
    },
    entries(now) {
      for (const book of [peers, blocks]) {
        for (const [text, entry] of book) if (!holds(entry, now)) book.delete(text)
      }
      return [...peers.values(), ...blocks.values()]
    },
  }
}
