// Clients that send the same request again as soon as they are answered, as a process of their own: it has no time for
// anything else. Arguments: port, how many, and the head of the request as JSON. Runs until it is killed.
import { connect } from 'node:net'

const [port, count, head] = process.argv.slice(2)
const request = JSON.parse(head)
for (let number = 0; number < Number(count); number++) {
  const socket = connect(Number(port), '127.0.0.1', () => socket.write(request))
  socket.on('data', () => socket.write(request))
  // A server that stops cuts off whoever does not.
  socket.on('error', () => socket.destroy())
}
