import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'

/** Processes of one kind, each of which answers every order with one report. */
export interface BenchProcess<Order extends object, Report> {
  ask(order: Order): Promise<Report>
}

/** Starts `count` processes of a file beside this one, and ends them all when `work` is over, however it ends. */
export async function withBenchProcesses<Order extends object, Report, T>(
  file: string,
  count: number,
  work: (processes: readonly BenchProcess<Order, Report>[]) => Promise<T>,
): Promise<T> {
  const path = join(import.meta.dirname, `${file}${extname(import.meta.filename)}`)
  const children = Array.from({ length: count }, () => fork(path))
  try {
    return await work(children.map((child) => ({ ask: (order) => ask<Order, Report>(child, order) })))
  } finally {
    await Promise.all(children.map(end))
  }
}

function ask<Order extends object, Report>(child: ChildProcess, order: Order): Promise<Report> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a process of the bench ended with ${code}`))
    child.once('exit', onExit)
    child.once('message', (report) => {
      child.off('exit', onExit)
      resolve(report as Report)
    })
    child.send(order)
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
}
