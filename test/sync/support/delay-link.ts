import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/**
 * A long way for TCP connections, as a program: `delay-link <port> <milliseconds> <host> <port>` passes every byte on, in both directions,
 * so much later. Loss belongs to the kernel of the namespace in which it runs.
 */
const [port = '', delay = '', host = '', target = ''] = process.argv.slice(2)
const delayMs = Number(delay)

function carry(from: Socket, to: Socket): void {
  from.on('data', (chunk) => setTimeout(() => to.write(chunk), delayMs))
  from.on('end', () => setTimeout(() => to.end(), delayMs))
  from.on('error', () => to.destroy())
  from.on('close', () => setTimeout(() => to.destroy(), delayMs))
}

const server = createServer((near) => {
  const far = connect(Number(target), host)
  carry(near, far)
  carry(far, near)
})
server.listen(Number(port), '0.0.0.0')
await once(server, 'listening')
process.stdout.write('ready\n')
