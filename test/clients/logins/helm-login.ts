import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ClientRegistry } from '../client-registry.ts'
import { sha256Digest } from '../image-bytes.ts'
import { createLoginClient, type LoginClient } from './login-client.ts'

/** Makes a helm, whose sample is a chart named like the repository; digests are those of chart archives. */
export async function startHelmLogin(registry: ClientRegistry): Promise<LoginClient> {
  const client = await registry.client('helm')
  const plainHttp = registry.transport === 'http' ? ['--plain-http'] : []
  const url = (path: string) => `oci://${registry.host}/${path}`

  /** Packs a chart and returns the path of its archive. */
  const packChart = async ({ chart, version }: ChartName): Promise<string> => {
    const directory = await registry.newDirectory()
    await mkdir(join(directory, chart))
    await writeFile(join(directory, chart, 'Chart.yaml'), `apiVersion: v2\nname: ${chart}\nversion: ${version}\n`)
    await client.ok(['package', chart], { cwd: directory })
    return join(directory, `${chart}-${version}.tgz`)
  }
  const archiveDigest = async (path: string) => sha256Digest(await readFile(path))

  return createLoginClient({
    client,
    asksAtLogin: true,
    // It looks with HEAD, whose answer has no body, and does not read the challenge.
    ownWords: { 'blind push': /HEAD \S+ response status code 401: Unauthorized/ },
    login: ({ username }) => {
      return ['registry', 'login', ...plainHttp, '--username', username, '--password-stdin', registry.host]
    },
    logout: () => ['registry', 'logout', registry.host],
    async push(image) {
      const name = readChartName(image)
      const archive = await packChart(name)
      return {
        args: ['push', ...plainHttp, archive, url(name.parent)],
        digest: () => archiveDigest(archive),
      }
    },
    async pull(image) {
      const { parent, chart, version } = readChartName(image)
      const target = await registry.newDirectory()
      return {
        args: ['pull', ...plainHttp, '--version', version, '--destination', target, url(`${parent}/${chart}`)],
        digest: async () => {
          const [archive = ''] = await readdir(target)
          return await archiveDigest(join(target, archive))
        },
      }
    },
  })
}

/** `acme/web:1.0.0`, as helm sees it. */
interface ChartName {
  parent: string
  chart: string
  version: string
}

function readChartName(image: string): ChartName {
  const [repository = '', version = ''] = image.split(':')
  return { parent: dirname(repository), chart: basename(repository), version }
}
