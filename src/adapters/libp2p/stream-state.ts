import type { Stream } from '@libp2p/interface'

/** Whether `send` takes anything: on a stream that is about to close it throws, though the stream is still open to read. */
export const isWritable = ({ status, writeStatus }: Pick<Stream, 'status' | 'writeStatus'>): boolean =>
  status === 'open' && writeStatus !== 'closing' && writeStatus !== 'closed'
