/**
 * The subtrees of a state at one depth, from which its root follows: what two states have in common shows without their entries, so
 * that of a new one only the parts are fetched in which an old one differs. Spec: docs/spec/state-sync.md.
 */
import { bytes, documented, type Infer, list, struct, uint, variant } from '../../codec/schema.ts'
import { hashBytes, sha256 } from '../../crypto/hash.ts'
import { type Bytes, bytesEqual } from '../../primitives/bytes.ts'
import { bitAt, emptyHash, innerHash, leafHash } from './node-hash.ts'
import { leafPath, leafValue, type ReadPage, type Ref, refLeaves } from './page.ts'
import { openNode, rootNode, type TreeNode } from './tree-node.ts'

export const outlineDepthMax = 12

const path = bytes({ length: hashBytes })

const outlineSlotSchema = variant('OutlineSlot', {
  empty: { tag: 0, schema: struct('EmptySlot', {}) },
  leaf: { tag: 1, schema: documented(struct('LeafSlot', { path, valueHash: path }), 'A subtree of one leaf.') },
  inner: { tag: 2, schema: documented(struct('InnerSlot', { hash: path }), 'A subtree of several leaves.') },
})
export type OutlineSlot = Infer<typeof outlineSlotSchema>

export const stateOutlineSchema = documented(
  struct('StateOutline', {
    depth: uint({ max: outlineDepthMax }),
    slots: list(outlineSlotSchema, { max: 1 << outlineDepthMax }),
  }),
  'The subtrees at a depth, from left to right.',
)
export type StateOutline = Infer<typeof stateOutlineSchema>

export function outlineOf(readPage: ReadPage, ref: Ref | undefined, depth: number): StateOutline {
  const slots: OutlineSlot[] = []
  descend(rootNode(ref), 0)
  return { depth, slots }

  function descend(node: TreeNode, at: number): void {
    const open = at < depth || node.kind !== 'page' ? openNode(readPage, node) : node
    if (open.kind === 'inner' && at < depth) {
      descend(open.left, at + 1)
      return descend(open.right, at + 1)
    }
    const opened = open.kind === 'page' && refLeaves(open.ref) === 1 ? openNode(readPage, open) : open
    const width = 2 ** (depth - at)
    if (opened.kind !== 'leaf') {
      for (let slot = 0; slot < width; slot++)
        slots.push(opened.kind === 'empty' ? { type: 'empty' } : { type: 'inner', hash: opened.hash })
      return
    }
    const leaf = leafPath(opened.leaf)
    const place = slotIn(leaf, at, depth)
    const valueHash = sha256(leafValue(readPage, opened.leaf))
    for (let slot = 0; slot < width; slot++)
      slots.push(slot === place ? { type: 'leaf', path: leaf, valueHash } : { type: 'empty' })
  }
}

/** Whether the state with this root has these subtrees. */
export function verifyOutline(root: Bytes, { depth, slots }: StateOutline): boolean {
  if (slots.length !== 2 ** depth) return false
  let level: { readonly hash: Bytes; readonly few: boolean }[] = []
  for (const [index, slot] of slots.entries()) {
    if (slot.type === 'leaf' && slotIn(slot.path, 0, depth) !== index) return false
    level.push({ hash: slotHash(slot), few: slot.type !== 'inner' })
  }
  while (level.length > 1) {
    const above: typeof level = []
    for (let index = 0; index < level.length; index += 2) {
      const [left, right] = [level[index], level[index + 1]] as [(typeof level)[0], (typeof level)[0]]
      if (left.few && bytesEqual(right.hash, emptyHash)) above.push(left)
      else if (right.few && bytesEqual(left.hash, emptyHash)) above.push(right)
      else above.push({ hash: innerHash(left.hash, right.hash), few: false })
    }
    level = above
  }
  return bytesEqual((level[0] as { hash: Bytes }).hash, root)
}

export function slotHash(slot: OutlineSlot): Bytes {
  if (slot.type === 'empty') return emptyHash
  return slot.type === 'leaf' ? leafHash(slot.path, slot.valueHash) : slot.hash
}

/** Which of the slots below a node at depth `from` a path leads to. */
function slotIn(leaf: Bytes, from: number, depth: number): number {
  let slot = 0
  for (let bit = from; bit < depth; bit++) slot = 2 * slot + bitAt(leaf, bit)
  return slot
}
