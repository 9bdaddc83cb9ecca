import { type Certificate, certificateSchema } from '../chain/certificate.ts'
import type { ChainId } from '../chain/identifiers.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import { prevote } from '../chain/vote.ts'
import { decode, encode } from '../codec/codec.ts'
import { checkCertificate } from '../consensus/verification.ts'
import { lightCapability, lightRequestSchema } from '../light/light-block.ts'
import type { PeerId } from '../ports/network.ts'
import { bytesKey } from '../primitives/bytes.ts'
import type { Handshake } from './handshake.ts'
import type { Ports } from './ports.ts'

export interface ChallengeDesk {
  readonly ports: Ports
  readonly chainId: ChainId
  readonly handshake: Pick<Handshake, 'of'>
}

/** How long peers may take to show the polkas that excuse somebody. */
const challengeMs = 5000
/** Certificates of prevotes that are looked at. */
export const polkasMax = 256

/** The certificates of prevotes for blocks of a height that the peers can show: those that hold, from whomever. */
export async function askForPolkas(
  desk: ChallengeDesk,
  height: number,
  validators: ValidatorSet,
): Promise<readonly Certificate[]> {
  const { chainId, handshake, ports } = desk
  const { network, verifier } = ports
  const peers = network.peers().filter(({ id }) => handshake.of(id)?.capabilities.includes(lightCapability))
  const shown = (await Promise.all(peers.map(({ id }) => polkasOf(ports, id, height)))).flat()
  const distinct = [...new Map(shown.map((polka) => [bytesKey(encode(certificateSchema, polka)), polka])).values()]
  const items = distinct.slice(0, polkasMax).flatMap((polka) => {
    const item = checkCertificate(polka, { chainId, height, validators })
    return item.ok && polka.kind === prevote && polka.blockHash ? [{ polka, item: item.value }] : []
  })
  const verdicts = items.length === 0 ? [] : await verifier.bls(items.map(({ item }) => item))
  return items.flatMap(({ polka }, index) => (verdicts[index] ? [polka] : []))
}

/** What a peer says badly, or not at all, excuses nobody. */
async function polkasOf({ network, telemetry }: Ports, peer: PeerId, height: number): Promise<readonly Certificate[]> {
  const shown: Certificate[] = []
  const request = encode(lightRequestSchema, { type: 'polkas', height })
  try {
    for await (const part of network.request(peer, 'light', request, { timeoutMs: challengeMs })) {
      const decoded = decode(certificateSchema, part.slice())
      if (!decoded.ok || shown.push(decoded.value) >= polkasMax) break
    }
  } catch (error) {
    telemetry.log('debug', 'a peer did not show its polkas', { peer, error: String(error) })
  }
  return shown
}
