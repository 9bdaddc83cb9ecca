import { isIP } from 'node:net'

/** `192.0.2.53:5353`, `[2001:db8::53]:5353`, or either without a port; `undefined` for anything else. */
export function parseSocketAddress(
  text: string,
  standardPort: number,
): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, port = String(standardPort)] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain ?? text
  return isIP(host) !== 0 && Number(port) <= 65_535 ? { host, port: Number(port) } : undefined
}
