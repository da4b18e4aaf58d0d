/** Answers with 900 bytes after as many microseconds of work as its argument says. Tells its parent where it listens. */
import { createServer } from 'node:http'

const workMs = Number(process.argv[2]) / 1000
const BODY = Buffer.alloc(900, 'x')

const server = createServer((_request, response) => {
  for (const until = performance.now() + workMs; performance.now() < until; );
  response.writeHead(200, { 'Content-Length': BODY.length }).end(BODY)
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('disconnect', () => process.exit())
