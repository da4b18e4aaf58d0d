import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

const SHOP = '/api/v1/repositories/alice%2Fshop'

let server: TestServer
let alice: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
  await pushImage(alice, 'alice/shop', { tag: 'v1' })
})
afterAll(() => server.close())

async function read(client = alice) {
  return (await client.get(SHOP).expect(200)).body
}

describe('what people say of a repository', () => {
  test('is told in the answer, and afterwards, as it was given to the letter', async () => {
    const said = {
      description: '  The shop: "Größe" & <prices> 🛒 ',
      readme: '# The shop\r\n\n\t- ünï\u200bcode 🛒\n\n<b>bold</b>   \n',
      labels: { team: 'web', 'com.example/tier': '1', empty: '', constructor: 'a label as any other' },
    }
    const { body } = await alice.patch(SHOP).send(said).expect(200)
    expect(body).toMatchObject(said)
    expect(await read()).toEqual(body)
    const list = await alice.get('/api/v1/repositories').expect(200)
    expect(list.body.items[0]).toMatchObject({ description: said.description })
    expect(list.body.items[0]).not.toHaveProperty('readme')
  })

  test('stays as it is where a change does not name it, and is emptied by empty texts', async () => {
    await alice
      .patch(SHOP)
      .send({ description: 'The shop', readme: 'text', labels: { team: 'web' } })
      .expect(200)
    await alice
      .patch(SHOP)
      .send({ labels: { tier: '1' } })
      .expect(200)
    expect(await read()).toMatchObject({ description: 'The shop', readme: 'text', labels: { tier: '1' } })
    await alice.patch(SHOP).send({ description: '', readme: '', labels: {} }).expect(200)
    expect(await read()).toMatchObject({ description: '', readme: '', labels: {} })
  })

  test('is not overwritten by whoever has not seen the last change', async () => {
    const { headers } = await alice.get(SHOP).expect(200)
    const change = (readme: string) => alice.patch(SHOP).set('If-Match', String(headers['etag'])).send({ readme })
    await change('mine').expect(200)
    await change('yours').expect(412)
    expect(await read()).toMatchObject({ readme: 'mine' })
  })

  test.each([
    ['of letters', 'a'],
    ['of characters of two bytes', 'ß'],
    ['of characters of four bytes', '🛒'],
  ])('may have 200 characters in a line and 100,000 in a README, %s', async (_, character) => {
    const said = { description: character.repeat(200), readme: character.repeat(100_000) }
    // As JSON of ASCII alone: the longest way to write it.
    const json = JSON.stringify(said).replaceAll(
      /[^ -~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    const { body } = await alice.patch(SHOP).set('Content-Type', 'application/json').send(json).expect(200)
    expect(body.readme === said.readme && body.description === said.description).toBe(true)
    for (const field of ['description', 'readme'] as const) {
      const refused = await alice.patch(SHOP).send({ [field]: said[field] + character })
      expect(refused.status).toBe(400)
      expect(refused.body.detail).toMatch(new RegExp(`^${field}: has more than [0-9]+ characters; `))
    }
  })

  test('may have 64 labels, with names of 128 characters and values of 256', async () => {
    const labelsOf = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`.padEnd(128, 'x'), '🛒'.repeat(256)]))
    await alice
      .patch(SHOP)
      .send({ labels: labelsOf(64) })
      .expect(200)
    const { body } = await alice
      .patch(SHOP)
      .send({ labels: labelsOf(65) })
      .expect(400)
    expect(body.detail).toBe('labels: are 65; a repository has at most 64 labels')
  })

  test.each([
    [{ description: 'two\nlines' }, 'description: must be one line'],
    [{ description: 'two\rlines' }, 'description: must be one line'],
    [{ description: 'two\u2028lines' }, 'description: must be one line'],
    [{ description: 'a\u0000b' }, 'control characters'],
    [{ description: 'half a character: \ud83d' }, 'description: must be one line'],
    [{ description: null }, 'description: '],
    [{ readme: 'a\u0000b' }, 'readme: has control characters'],
    [{ readme: 'an escape \u001b[31m' }, 'readme: has control characters'],
    [{ readme: 'half a character: \udd25' }, 'readme: has control characters'],
    [{ readme: ['a'] }, 'readme: '],
    [{ labels: { '-team': 'web' } }, 'labels: "-team" is no name of a label'],
    [{ labels: { 'my team': 'web' } }, 'labels: "my team" is no name of a label'],
    [{ labels: { '': 'web' } }, 'labels: "" is no name of a label'],
    [{ labels: { ['x'.repeat(129)]: '' } }, 'is no name of a label: use at most 128'],
    [{ labels: { team: 'x'.repeat(257) } }, 'labels.team: has more than 256 characters'],
    [{ labels: { team: 'two\nlines' } }, 'labels.team: must be one line'],
    [{ labels: { team: 1 } }, 'labels.team: '],
    [{ labels: [] }, 'labels: '],
    [{ labels: null }, 'labels: '],
    [{ state: 'gone' }, 'state: '],
    [{ state: 'deprecated', successor: 'Not/A/Name' }, 'successor: must be a whole name'],
    [{ state: 'deprecated', successor: 'acme/web\r\nX-Evil: 1' }, 'successor: must be a whole name'],
    [{ stars: 1000 }, '"stars"'],
    [{ pulls: 1000 }, '"pulls"'],
    [{ isOfficial: true }, '"isOfficial"'],
  ])('is refused, and nothing of it kept, when it is %j', async (fields, sentence) => {
    const before = await read()
    const { body } = await alice
      .patch(SHOP)
      .send({ readme: 'another', ...fields })
      .expect(400)
    expect(body.detail).toContain(sentence)
    expect(await read()).toEqual(before)
  })

  test('S18: has no label that is no label to JavaScript', async () => {
    const { body } = await alice
      .patch(SHOP)
      .set('Content-Type', 'application/json')
      .send('{"labels":{"team":"web","__proto__":{"isAdmin":true}}}')
      .expect(400)
    expect(body.detail).toContain('"__proto__" is no name of a label')
  })

  test('leaves a trail that says what changed, without the text of a README', async () => {
    await alice
      .patch(SHOP)
      .send({ readme: 'Größe', labels: { team: 'web' }, description: 'The shop' })
      .expect(200)
    await alice.patch(SHOP).send({ readme: 'a secret plan', labels: {} }).expect(200)
    const { body } = await server.admin.get('/api/v1/audit').query({ action: 'repository.updated', limit: 2 })
    expect(body.items.map(({ detail }: { detail: unknown }) => detail)).toEqual([
      { readme: { bytes: 13 }, labels: { set: [], removed: ['team'] } },
      expect.objectContaining({ readme: { bytes: 7 }, description: 'The shop' }),
    ])
  })
})

describe('S21: what is hostile in it', () => {
  const HOSTILE = [
    '<script>alert(1)</script>',
    '</title></textarea><script src=//evil.example></script>',
    '<img src=x onerror=alert(1)>',
    '<svg onload=alert(1)><use href="data:image/svg+xml,<svg id=x>"/></svg>',
    '[a link](javascript:alert(1)) [another](JaVaScRiPt&#58;alert(1)) ![](data:text/html;base64,PHNjcmlwdD4=)',
    '<a href="javascript:alert(1)" onclick=alert(1)>x</a>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe><form action=//evil.example><input autofocus onfocus=alert(1)>',
    '`"\'--><!-- ]]> {{constructor.constructor("alert(1)")()}} #{alert(1)}',
  ]

  test.each(HOSTILE)('%s is kept as it is and shown as JSON, by which no browser shows a page', async (text) => {
    const said = { description: text, readme: `# ${text}\n\n${text}`, labels: { team: text } }
    await alice.patch(SHOP).send(said).expect(200)
    await alice.patch(SHOP).send({ visibility: 'public' }).expect(200)
    for (const path of [SHOP, '/api/v1/repositories']) {
      const { headers, body } = await server.anonymous.get(path).set('Accept', 'text/html,*/*;q=0.1').expect(200)
      expect(body.items?.[0].description ?? body.description).toBe(text)
      expect(headers['content-type']).toMatch(/^application\/json\b/)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'")
    }
    expect(await read()).toMatchObject(said)
  })

  test('is on no page of HTML, nor in a header of the wire', async () => {
    const text = HOSTILE.join(' ').slice(0, 200)
    await alice
      .patch(SHOP)
      .send({ description: text, readme: text, labels: { team: text } })
      .expect(200)
    const note = { note: 'see alice/shop' }
    const invitation = (await server.admin.post('/api/v1/invitations').send(note).expect(201)).body
    const pages = server.routes.filter(({ door }) => door === 'page').map(({ path }) => path)
    expect(pages).toEqual(expect.arrayContaining(['/api', '/invitation']))
    for (const path of [...pages, `/invitation?token=${invitation.token}`]) {
      const { headers, text } = await server.admin.get(path)
      expect(headers['x-content-type-options'], path).toBe('nosniff')
      if (headers['content-type']?.includes('html')) expect(text, path).not.toContain('alert(1)')
    }
    const { headers } = await alice.get('/v2/alice/shop/manifests/v1').expect(200)
    expect(JSON.stringify(headers)).not.toContain('alert(1)')
  })

  test('is no more than text to whoever is refused for it', async () => {
    const { headers, text } = await alice
      .patch(SHOP)
      .send({ labels: { '<script>alert(1)</script>': '' } })
      .expect(400)
    expect(headers['content-type']).toBe('application/problem+json')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(JSON.parse(text).detail).toContain('"<script>alert(1)</script>" is no name')
  })
})
