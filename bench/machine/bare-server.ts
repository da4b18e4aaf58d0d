/**
 * The least that `node:http` can do, as a process of its own: `/small` answers with 900 bytes from memory, `/file` with
 * the file named on the command line, one buffer being read while the other is being written.
 */
import { open, stat } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'

const BUFFER_BYTES = 1024 * 1024
const SMALL = Buffer.alloc(900, 'a')

const [path = ''] = process.argv.slice(2)
const { size } = await stat(path)

function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}

async function sendFile(response: ServerResponse): Promise<void> {
  const file = await open(path)
  const buffers = [Buffer.allocUnsafeSlow(BUFFER_BYTES), Buffer.allocUnsafeSlow(BUFFER_BYTES)] as const
  try {
    response.writeHead(200, { 'Content-Length': size })
    let reading = file.read(buffers[0], 0, BUFFER_BYTES, 0)
    for (let position = 0, turn = 1; position < size; turn++) {
      const { bytesRead, buffer } = await reading
      position += bytesRead
      if (position < size) reading = file.read(buffers[turn % 2 === 0 ? 0 : 1], 0, BUFFER_BYTES, position)
      await write(response, buffer.subarray(0, bytesRead))
    }
    response.end()
  } finally {
    await file.close()
  }
}

const server = createServer((request, response) => {
  if (request.url === '/file') void sendFile(response)
  else response.writeHead(200, { 'Content-Length': SMALL.length }).end(SMALL)
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('disconnect', () => process.exit())
