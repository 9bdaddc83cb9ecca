import type { SettingPath } from '../../settings/toml-lines.ts'
import type { NodeConfig } from './node-config.ts'

/** Settings that are good by themselves and cannot hold together; the path is that of the one to change. */
export function nodeConfigContradictions({ node, state, p2p, defence, api, mempool }: NodeConfig): readonly {
  readonly path: SettingPath
  readonly message: string
}[] {
  const found: { readonly path: SettingPath; readonly message: string }[] = []
  const contradict = (path: SettingPath, message: string): void => void found.push({ path, message })
  if (node.retain_blocks !== 'all' && node.retain_blocks <= node.rollback_blocks_max) {
    const message = `node.retain_blocks is ${node.retain_blocks}: a rollback of node.rollback_blocks_max = ${node.rollback_blocks_max} blocks needs more.`
    contradict(['node', 'retain_blocks'], message)
  }
  if (state.sync && (state.trust_height === undefined || state.trust_hash === undefined)) {
    contradict(
      ['state', 'sync'],
      'state.sync is true, which needs a block to trust: set state.trust_height and state.trust_hash.',
    )
  }
  if (p2p.require_hybrid && p2p.security.includes('noise')) {
    contradict(['p2p', 'security'], 'p2p.require_hybrid is true, which Noise cannot offer: set p2p.security = ["tls"] as well.')
  }
  if (new Set(p2p.security).size < p2p.security.length) contradict(['p2p', 'security'], 'p2p.security names a protocol twice.')
  const inboundMax = p2p.connections_max - p2p.outbound_target
  if (inboundMax < 1) {
    const message = `p2p.outbound_target is ${p2p.outbound_target}, which leaves nothing of p2p.connections_max = ${p2p.connections_max} for peers that dial this node.`
    contradict(['p2p', 'outbound_target'], message)
  } else if (defence.reserved_slots >= inboundMax) {
    const message = `defence.reserved_slots is ${defence.reserved_slots}, and only ${inboundMax} connections can come in (p2p.connections_max less p2p.outbound_target).`
    contradict(['defence', 'reserved_slots'], message)
  }
  for (const key of ['per_sender_max', 'per_peer_max'] as const) {
    if (mempool[key] > mempool.transactions_max) {
      const message = `mempool.${key} is ${mempool[key]}, more than the whole mempool holds (transactions_max is ${mempool.transactions_max}).`
      contradict(['mempool', key], message)
    }
  }
  const unplaced =
    p2p.dial_from === undefined ? undefined : p2p.peers?.find((address) => /\/(quic-v1|webrtc-direct)(\/|$)/.test(address))
  if (unplaced !== undefined) {
    contradict(
      ['p2p', 'dial_from'],
      `p2p.dial_from is set, and ${unplaced} of p2p.peers cannot be dialled from an address of choice.`,
    )
  }
  const isWebRtcOf = (family: string) => (address: string) =>
    address.startsWith(`/${family}/`) && address.includes('/webrtc-direct')
  if (p2p.listen?.some(isWebRtcOf('ip4')) && p2p.listen.some(isWebRtcOf('ip6'))) {
    contradict(
      ['p2p', 'listen'],
      'p2p.listen has webrtc-direct addresses of IPv4 and of IPv6: a node speaks WebRTC over one of them.',
    )
  }
  const isSecureWebSocket = (address: string) => /\/(wss|tls\/ws)(\/|$)/.test(address)
  if ((p2p.wss_certificate === undefined) !== (p2p.wss_key === undefined)) {
    contradict(['p2p', 'wss_key'], 'p2p.wss_certificate and p2p.wss_key go together: set both, or none.')
  } else if (p2p.wss_key === undefined && p2p.listen?.some(isSecureWebSocket)) {
    contradict(['p2p', 'listen'], 'p2p.listen has a wss address, which needs p2p.wss_certificate and p2p.wss_key.')
  }
  const taken = (p2p.listen ?? []).find((address) => address.split('/').slice(3, 5).join(' ') === `tcp ${api.port}`)
  if (api.enabled && api.port !== 0 && taken !== undefined) {
    contradict(['api', 'port'], `api.port is ${api.port}, on which p2p.listen has ${taken} listen already.`)
  }
  return found
}
