import type { ConnectionEncrypter } from '@libp2p/interface'

type NoiseComponents = Parameters<ReturnType<typeof import('@libp2p/noise').noise>>[0]

/**
 * Noise, loaded with its cryptography when the first connection chooses it: nodes of Synod prefer TLS, so most never do. What arrives
 * meanwhile waits in the stream.
 */
export function lateNoise(components: NoiseComponents): ConnectionEncrypter {
  let loaded: Promise<ConnectionEncrypter> | undefined
  const load = () => {
    loaded ??= import('@libp2p/noise').then(({ noise }) => noise()(components))
    return loaded
  }
  return {
    protocol: '/noise',
    secureInbound: async (raw, options) => (await load()).secureInbound(raw, options),
    secureOutbound: async (raw, options) => (await load()).secureOutbound(raw, options),
  }
}
