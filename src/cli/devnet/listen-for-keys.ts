import type { Console } from '../frame/command.ts'
import type { NodeProcess } from './node-process.ts'

/** k kills a running node, r restarts one that was killed, q ends the devnet. */
export function listenForKeys(options: { processes: readonly NodeProcess[]; console: Console; onQuit: () => void }): void {
  const { processes, console, onQuit } = options
  const { stdin } = process
  if (!stdin.isTTY) return
  stdin.setRawMode(true)
  stdin.unref()
  stdin.on('data', (keys) => {
    for (const key of keys.toString()) press(key)
  })

  function press(key: string): void {
    if (key === 'q' || key === '\u0003') return onQuit()
    if (key === 'k') {
      const victim = processes.findLast((node) => node.running)
      if (!victim) return console.err('no node is running\n')
      console.err(`killing ${victim.name}\n`)
      void victim.kill()
    }
    if (key === 'r') {
      const down = processes.find((node) => !node.running)
      if (!down) return console.err('every node is running\n')
      console.err(`restarting ${down.name}\n`)
      void down.start()
    }
  }
}
