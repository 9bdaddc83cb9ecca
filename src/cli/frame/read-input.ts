/** Standard input as text, cut after `bytesMax` bytes. */
export async function readInput(bytesMax: number): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    parts.push(part)
    length += part.length
    if (length >= bytesMax) break
  }
  return Buffer.concat(parts).subarray(0, bytesMax).toString('utf8')
}
