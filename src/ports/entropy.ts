import type { Bytes } from '../primitives/bytes.ts'

/** Unpredictable bytes. The simulator draws them from its seed. */
export interface Entropy {
  bytes(length: number): Bytes
}
