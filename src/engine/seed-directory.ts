import { decode, encode } from '../codec/codec.ts'
import { dialAddress } from '../peers/kademlia/contact.ts'
import { dhtAnswerSchema, dhtRequestSchema, readFound } from '../peers/kademlia/dht-message.ts'
import { type Place, placeOfPeer, placeSharing } from '../peers/kademlia/distance.ts'
import type { Entropy } from '../ports/entropy.ts'
import type { Network, PeerId } from '../ports/network.ts'

/** A node's routing table is read bucket by bucket, from the farthest: so many reach all of a network of thousands. */
const bucketsAsked = 6
/** Nodes that one answer holds; one with fewer has told of all there are. */
const contactsFull = 20
const answerTimeoutMs = 2500

/**
 * Whom a connected peer that keeps a part of the directory knows, as addresses with peer ids: where the crawl goes on. An answer that is
 * nonsense ends the asking; throws `OperationalError` REQUEST_FAILED when there is none.
 */
export async function askDirectory(
  { network, entropy }: { readonly network: Network; readonly entropy: Entropy },
  peer: PeerId,
): Promise<readonly string[]> {
  const addresses = new Set<string>()
  for (let bucket = 0; bucket < bucketsAsked; bucket++) {
    const target = placeSharing(placeOfPeer(peer), bucket, entropy.bytes(32))
    const found = await findNear(network, peer, target)
    for (const contact of found) for (const address of contact.addresses) addresses.add(dialAddress(address, contact.peer))
    if (found.length < contactsFull) break
  }
  return [...addresses]
}

async function findNear(network: Network, peer: PeerId, target: Place) {
  const question = encode(dhtRequestSchema, { type: 'find', target, records: false, serves: false })
  for await (const part of network.request(peer, 'dht', question, { timeoutMs: answerTimeoutMs })) {
    const answer = decode(dhtAnswerSchema, part.slice())
    if (!answer.ok || answer.value.type !== 'found') return []
    const contacts = readFound(answer.value, { target, asker: network.self, answerer: peer })
    return contacts.ok ? contacts.value : []
  }
  return []
}
