import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Violation } from '../../src/simulator/checkers/violation.ts'
import type { SimulationOptions } from '../../src/simulator/simulation-options.ts'
import type { Mutant } from './mutants.ts'

const repository = resolve(import.meta.dirname, '../..')

export interface SeedsOutcome {
  readonly seed?: number
  readonly violation?: Violation
}

/** A copy of the sources outside the repository. */
export interface MutatedCopy {
  run(request: { from: number; to: number; options: Partial<SimulationOptions> }): Promise<SeedsOutcome>
  remove(): Promise<void>
}

/** Copies what the simulator needs and, when a mutant is given, breaks one thing in it. Throws when that is not there exactly once. */
export async function makeCopy(mutant?: Mutant): Promise<MutatedCopy> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-mutant-'))
  await mkdir(join(directory, 'test/mutants'), { recursive: true })
  await Promise.all([
    cp(join(repository, 'src'), join(directory, 'src'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') }),
    cp(join(repository, 'package.json'), join(directory, 'package.json')),
    cp(join(repository, 'test/mutants/run-seeds.ts'), join(directory, 'test/mutants/run-seeds.ts')),
    symlink(join(repository, 'node_modules'), join(directory, 'node_modules'), 'dir'),
  ])
  if (mutant) await breakOneThing(join(directory, 'src', mutant.file), mutant)
  return {
    run: (request) => runSeeds(directory, JSON.stringify(request)),
    remove: () => rm(directory, { recursive: true }),
  }
}

async function breakOneThing(file: string, { name, find, replace }: Mutant): Promise<void> {
  const source = await readFile(file, 'utf8')
  const occurrences = source.split(find).length - 1
  if (occurrences !== 1) throw new Error(`mutant "${name}": its text stands ${occurrences} times in ${file}`)
  await writeFile(
    file,
    source.replace(find, () => replace),
  )
}

/** A mutant may hang or crash the whole process: that it does is a finding, too. */
function runSeeds(directory: string, request: string): Promise<SeedsOutcome> {
  const child = spawn(process.execPath, ['test/mutants/run-seeds.ts', request], { cwd: directory, timeout: 240_000 })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  return new Promise((done, fail) => {
    child.on('close', (code) => {
      if (code === 0) done(JSON.parse(output) as SeedsOutcome)
      else fail(new Error(`the seeds ended with ${code}: ${errors.slice(-2000)}`))
    })
  })
}
