import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CliResult, CliUser } from './cli.ts'
import type { Kontor } from './kontor.ts'

/** Runs a command as the administrator against a server where somebody else is faster: between what it reads and what it changes. */
export async function runMeddledWith(
  server: Kontor,
  user: CliUser,
  command: readonly string[],
  meddle: () => Promise<unknown>,
): Promise<CliResult> {
  const meddler = createServer(async (asked, answer) => {
    if (asked.method !== 'GET') await meddle()
    const { method, url, headers } = asked
    const passed = request(new URL(url ?? '/', server.url), { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    asked.pipe(passed)
  })
  await new Promise<void>((resolve) => meddler.listen(0, '127.0.0.1', resolve))
  try {
    const address = `127.0.0.1:${(meddler.address() as AddressInfo).port}`
    const folder = await mkdtemp(`${user.home}/docker-`)
    const auth = Buffer.from(`${server.username}:${server.password}`).toString('base64')
    await writeFile(`${folder}/config.json`, JSON.stringify({ auths: { [address]: { auth } } }))
    return await user.kontor([...command, '--server', address], { env: { DOCKER_CONFIG: folder } })
  } finally {
    await new Promise<void>((resolve) => meddler.close(() => resolve()))
  }
}
