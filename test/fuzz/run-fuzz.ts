/**
 * Fuzzes the decoders of everything that arrives from strangers:
 *
 *   node test/fuzz/run-fuzz.ts [--frames N] [--seed S] [--only Name,…] [--part I/N] [--replay HEX] [--save]
 *
 * One line a decoder. A failure prints the frame and the command that replays it, and ends with status 1. `--save` keeps the shortest
 * frames that led somewhere new in test/fuzz/corpus, from where later runs start.
 */
import { parseArgs } from 'node:util'
import { saveCorpus, savedCorpus } from './corpus.ts'
import { fuzz, type Target } from './fuzz.ts'
import { seededChoice } from './mutate.ts'
import { watchSources } from './watch.ts'

const { values: options } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    replay: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
})
const seed = Number(options.seed)
const frames = Number(options.frames)
const coverage = watchSources()
const say = (line: string) => process.stdout.write(`${line}\n`)

/** Loaded once the watch stands, so that everything they import is watched. */
async function loadTargets(): Promise<Target[]> {
  const { schemaTargets } = await import('./targets/schemas.ts')
  const { parserTargets } = await import('./targets/pure-parsers.ts')
  const { seededFault } = await import('./targets/seeded-fault.ts')
  const fault = await seededFault()
  if (options.only === fault.name) return [fault]
  const { networkTargets } = await import('./targets/network-parsers.ts')
  const { seedTargets } = await import('./targets/seed-parsers.ts')
  const { discoveryTargets } = await import('./targets/discovery-parsers.ts')
  const { peerLink } = await import('./targets/peer-link.ts')
  const all = [
    await peerLink(),
    ...(await parserTargets()),
    ...(await networkTargets()),
    ...(await seedTargets()),
    ...(await discoveryTargets()),
    ...(await schemaTargets(seed)),
  ]
  const only = options.only?.split(',')
  const [part = 1, parts = 1] = options.part.split('/').map(Number)
  const chosen = only ? all.filter(({ name }) => only.includes(name)) : all.filter((_, index) => index % parts === part - 1)
  if (chosen.length === 0) throw new Error(`There is no such decoder. There are: ${all.map(({ name }) => name).join(', ')}`)
  return chosen
}

async function run(target: Target): Promise<boolean> {
  const started = performance.now()
  const inputs = Math.ceil(frames / (target.framesPerInput ?? 1))
  const seeds = [...target.seeds, ...savedCorpus(target.name)]
  const report = await fuzz({ ...target, seeds }, coverage, { frames: inputs, choose: seededChoice(seed) })
  const perSecond = Math.round((report.frames / (performance.now() - started)) * 1000)
  const { failure } = report
  say(
    `${failure ? 'FAILED' : 'ok    '} ${target.name.padEnd(28)} ${report.frames} inputs  ${perSecond}/s  ${report.edges} edges  ${report.corpus.length} new ways`,
  )
  if (failure) {
    const hex = Buffer.from(failure.frame).toString('hex')
    say(`       ${String(failure.error)}`)
    say(`       replay: node test/fuzz/run-fuzz.ts --only ${target.name} --replay ${hex || "''"}   (seed ${seed})`)
  } else if (options.save) saveCorpus(target.name, report.corpus)
  return failure === undefined
}

const targets = await loadTargets()
if (options.replay !== undefined) {
  Error.stackTraceLimit = 50
  for (const target of targets) target.run(Buffer.from(options.replay, 'hex'))
  say('it is borne')
} else {
  say(`seed ${seed}, ${frames} frames for each of ${targets.length} decoders`)
  let sound = true
  for (const target of targets) sound = (await run(target)) && sound
  process.exitCode = sound ? 0 : 1
}
