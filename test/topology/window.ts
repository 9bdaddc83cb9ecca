import { connect, createServer, type Socket } from 'node:net'

/**
 * Runs in a namespace and lets the test, which is outside, reach the TCP ports there: sockets with a path belong to the file system,
 * which namespaces of the network share. A connection names its port in its first line.
 */
const path = process.argv[2] ?? ''

createServer((outside) => {
  outside.once('error', () => outside.destroy())
  outside.once('data', (first: Buffer) => {
    const end = first.indexOf(10)
    const [host = '', port = ''] = first.subarray(0, end).toString().split(' ')
    outside.pause()
    join(outside, connect(Number(port), host), first.subarray(end + 1))
  })
}).listen(path)

function join(outside: Socket, inside: Socket, early: Buffer): void {
  inside.once('error', () => outside.destroy())
  outside.once('close', () => inside.destroy())
  inside.once('close', () => outside.destroy())
  if (early.length > 0) inside.write(early)
  outside.pipe(inside)
  inside.pipe(outside)
}
