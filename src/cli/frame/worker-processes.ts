import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'

/** Processes of one kind, each of which answers every order with one report. */
export interface WorkerProcess<Order extends object, Report> {
  ask(order: Order): Promise<Report>
}

/**
 * Starts `count` processes of a file, and ends them all when `work` is over, however it ends.
 *
 * @param path without its extension, which is that of this file: sources run as they are, and as they are built.
 */
export async function withWorkerProcesses<Order extends object, Report, T>(
  path: string,
  count: number,
  work: (processes: readonly WorkerProcess<Order, Report>[]) => Promise<T>,
): Promise<T> {
  const children = Array.from({ length: count }, () => fork(`${path}${extname(import.meta.filename)}`))
  try {
    return await work(children.map((child) => ({ ask: (order) => ask<Order, Report>(child, order) })))
  } finally {
    await Promise.all(children.map(end))
  }
}

function ask<Order extends object, Report>(child: ChildProcess, order: Order): Promise<Report> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a working process ended with ${code}`))
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
