#!/usr/bin/env node
/**
 * The launcher. It parses on any Node from 18 on and starts Synod under a Node that can run it: this one when it is new enough,
 * otherwise the runtime installed with the package. Little is loaded before that is settled, to keep the start short.
 */
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NODE_MAJOR_MIN = 24
/** Set for the re-executed child, so that a pinned runtime which is itself too old ends in a message and not in a loop. */
const LAUNCHED = 'SYNOD_LAUNCHED'

const launched = process.env[LAUNCHED] === '1'
delete process.env[LAUNCHED]

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) {
  if (launched) endWithLauncher()
  await run()
} else {
  const runtime = launched ? undefined : pinnedRuntime()
  if (runtime === undefined) refuse()
  else await relaunch(runtime)
}

/** The sources in a checkout, the compiled files in a published package, which carries no `src`. */
async function run() {
  nodeModule.enableCompileCache?.()
  const here = dirname(fileURLToPath(import.meta.url))
  const source = join(here, '../src/cli/main.ts')
  const entry = existsSync(source) ? source : join(here, '../dist/cli/main.js')
  const { main } = await import(pathToFileURL(entry).href)
  process.exitCode = await main(process.argv.slice(2))
}

/** The Node installed with this package, wherever the package manager hoisted it. */
function pinnedRuntime() {
  try {
    const directory = dirname(nodeModule.createRequire(import.meta.url).resolve('node/package.json'))
    const executable = join(directory, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(executable) ? executable : undefined
  } catch {
    return undefined
  }
}

/** Becomes, as far as one process can, the child: its arguments, streams, signals and exit are passed through. */
async function relaunch(runtime) {
  const { spawn } = await import('node:child_process')
  const child = spawn(runtime, [...process.execArgv, ...process.argv.slice(1)], {
    // The channel carries no message. It closes when the launcher dies, however it dies, and takes the child along.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [LAUNCHED]: '1' },
  })
  // A terminal delivers Ctrl-C to the whole process group, so the child already has it, and a second one may mean "at once".
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  process.on('SIGINT', () => terminal || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => child.kill(signal))

  child.once('error', (error) => refuse(`${runtime} does not start: ${error.message}`))
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** Runs in the child: when the launcher is gone, even by SIGKILL, this process stops as if asked politely. */
function endWithLauncher() {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()
}

/** In the form of every operational error; the catalogue itself cannot be loaded here. */
function refuse(what = `This is Node ${process.versions.node}, and no runtime was installed with Synod.`) {
  process.stderr.write(
    `RUNTIME_MISSING  ${process.execPath}\n` +
      `  Synod needs Node ${NODE_MAJOR_MIN} or later. ${what}\n` +
      `  Install Node ${NODE_MAJOR_MIN}, or run \`npm ci\` again with install scripts allowed: they bring the runtime.\n` +
      '  Docs: docs/errors.md#runtime_missing\n',
  )
  process.exit(78)
}
