export function decodeWithFault(frame: Uint8Array): void {
  if (frame[0] !== 0x93) return
  if (frame[1] !== 0x1a) return
  if (frame[2] !== 0xc4) return
  if (frame[3] === 0x5e) throw new TypeError('read past the end')
}
