import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi } from '../support/logged-in.ts'
import { runOnTerminal } from '../support/pseudo-terminal.ts'
import { basic, pushImage } from '../support/server.ts'
import { pushSignedImage } from '../support/signed-image.ts'

const DOCUMENT = new URL('../../docs/cli.md', import.meta.url)
const [BEGIN, END] = ['<!-- everyday tasks -->', '<!-- end of everyday tasks -->'] as const
const PROGRAM = new URL('../../bin/kontor.cjs', import.meta.url).pathname

/** Ten things that people do, each as they would type it. */
const TASKS: readonly (readonly [task: string, ...lines: readonly string[]])[] = [
  ['Log in', 'echo "$PASSWORD" | kontor login localhost:5000 -u admin --password-stdin', 'kontor whoami'],
  ['Find an image', 'kontor search databse'],
  ['Look at a repository and its tags', 'kontor repo view acme/web', 'kontor tag ls acme/web'],
  [
    'See what is in an image, and who has signed it',
    'kontor image layers acme/web:1.2',
    'kontor image refs acme/web:1.2',
  ],
  [
    'Release: let a tag point to what was tested',
    'kontor tag add acme/web:1.2 stable',
    'kontor tag history acme/web:stable',
  ],
  ['Take a bad release back', 'kontor tag rm acme/web:1.3 --yes', 'kontor tag restore acme/web:1.3'],
  [
    'Give a team its own organization',
    'kontor org create shop --display-name "The shop"',
    'kontor member add shop bob',
    'kontor team create shop backend',
    'kontor team add shop backend bob',
    "kontor grant add shop 'api-*' push --team backend",
  ],
  ['Let a build server push', "kontor robot create shop ci --scope 'api-*:push' --expires 90d"],
  ['Copy a release elsewhere, with its signatures', 'kontor cp acme/web:1.2 acme/mirror:1.2'],
  [
    'Take an image along, and bring it back',
    'kontor save acme/web:1.2 -o web.tar',
    'kontor load web.tar acme/web:from-file',
  ],
]

let server: Kontor
let user: CliUser

beforeAll(async () => {
  server = await startKontor()
  user = await createCliUser({ KONTOR_SERVER: server.host })
  await askApi(server, 'POST', '/organizations', { name: 'acme' })
  await askApi(server, 'POST', '/users', { username: 'bob', password: server.password })
  const client = supertest.agent(server.url).set('Authorization', basic(server.username, server.password))
  await pushSignedImage({ url: server.url, login: server }, 'acme/web', '1.2', { contentOf: shortContent })
  await pushImage(client, 'acme/web', { tag: '1.3' })
  await pushImage(client, 'acme/database', { tag: '16' })
  await askApi(server, 'PATCH', '/repositories/acme%2Fweb', { description: 'The shop, as customers see it' })
  await askApi(server, 'PATCH', '/repositories/acme%2Fdatabase', { description: 'What the shop remembers' })
})

afterAll(async () => {
  await user.leave()
  await server.stop()
})

/** What no compression makes shorter, and the same each time: so are the digests, and with them the order of some lists. */
function shortContent(layer: string): Buffer {
  return Buffer.concat(Array.from({ length: 30 }, (_, at) => createHash('sha256').update(`${layer}${at}`).digest()))
}

/** What a terminal of 110 columns shows of a line; a dumb one, for bars are gone when a command has ended. */
async function show(line: string): Promise<string> {
  const typed = line.replaceAll('localhost:5000', server.host)
  const functions = `kontor() { ${process.execPath} ${PROGRAM} "$@"; }; cd ${user.home}`
  const command = ['bash', '-c', `export TERM=dumb; stty cols 110 rows 50; ${functions}; ${typed}`]
  const { code, shown } = await runOnTerminal(command, { ...user.environment, PASSWORD: server.password })
  expect({ line, code, shown }).toMatchObject({ code: 0 })
  return shown
}

/** The same, whenever and wherever it is run. */
function settled(text: string): string {
  return text
    .replaceAll(server.host, 'localhost:5000')
    .replaceAll(user.home, '~')
    .replace(/kontor_(pat|robot)_\w+/g, 'kontor_$1_…')
    .replace(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, '2030-01-31')
    .replace(/in \d(\.\d)? s\b/g, 'in 0.2 s')
    .replace(/[ \t]+$/gm, '')
}

test('the ten everyday tasks go as docs/cli.md shows them', async () => {
  const parts: string[] = []
  for (const [index, [task, ...lines]] of TASKS.entries()) {
    const shown: string[] = []
    for (const line of lines) shown.push(`$ ${line}\n${settled(await show(line))}`)
    parts.push(`**${index + 1}. ${task}**\n\n\`\`\`console\n${shown.join('')}\`\`\`\n`)
  }
  const transcript = `${BEGIN}\n\n${parts.join('\n')}\n${END}`
  const document = await readFile(DOCUMENT, 'utf8')
  const start = document.indexOf(BEGIN)
  const end = document.indexOf(END) + END.length
  if (process.env['UPDATE_TRANSCRIPT']) {
    await writeFile(DOCUMENT, document.slice(0, start) + transcript + document.slice(end))
    return
  }
  expect(transcript).toBe(document.slice(start, end))
})
