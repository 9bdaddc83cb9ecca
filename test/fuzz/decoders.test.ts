/** Every decoder of what strangers send bears a million random and mutated frames. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const frames = Number(process.env['SYNOD_FUZZ_FRAMES'] ?? 1_000_000)
/** Two processes share the decoders, as two cores can run them. */
const parts = [1, 2]
const timeoutMs = 20 * 60_000

test.concurrent.each(parts)(
  `no decoder fails in ${frames} frames each, part %i of ${parts.length}`,
  async (part) => {
    const { status, output } = await runPart(part)
    expect(output, output).not.toContain('FAILED')
    expect(status, output).toBe(0)
    const sound = output.split('\n').filter((line) => line.startsWith('ok '))
    expect(sound.length).toBeGreaterThan(15)
  },
  timeoutMs,
)

/** What the code promises and breaks on purpose here, a fuzzer must find: otherwise the test above could not fail. */
test('a decoder that fails on four certain bytes is found out', async () => {
  const { status, output } = await run(['--only', 'SeededFault', '--frames', '6000000', '--seed', '8'])
  expect(status, output).toBe(1)
  expect(output).toMatch(/FAILED SeededFault[\s\S]*replay: node test\/fuzz\/run-fuzz.ts --only SeededFault --replay [0-9a-f]+/)
}, 120_000)

function runPart(part: number): Promise<{ status: number | null; output: string }> {
  return run(['--frames', String(frames), '--part', `${part}/${parts.length}`])
}

function run(args: readonly string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run-fuzz.ts'), ...args])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, output })))
}
