import { IncomingMessage } from 'node:http'
import { isIP, Socket } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDigest } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import { parseRepositoryName } from '../../oci/repository-name.ts'
import { Problem } from '../../server/api/problem.ts'
import { formatVersion, parseIfMatch } from '../../server/api/versions.ts'
import { pullNameOf } from '../../server/archives/export-names.ts'
import { formatChallenge } from '../../server/distribution/challenge.ts'
import { isNotModified } from '../../server/distribution/conditional.ts'
import { nextLink, parsePageRequest } from '../../server/distribution/paging.ts'
import { createReadClientOrigin } from '../../server/http/client-origin.ts'
import { check } from './check.ts'
import { anyText, bestMs, digestTexts, HOSTILE_TEXTS } from './grammar.ts'

/** A request from this machine, as Node's parser hands it over. */
function requestWith(headers: Readonly<Record<string, string>>): IncomingMessage {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: '127.0.0.1' })
  const request = new IncomingMessage(socket)
  Object.assign(request.headers, headers)
  return request
}

const readClientOrigin = createReadClientOrigin({ trustProxy: ['127.0.0.0/8', '10.0.0.0/8', 'fd00::/8'] })
const hosts = fc.oneof(
  anyText,
  fc.constantFrom(
    'registry.example',
    'x:99999',
    '[::1]:5000',
    '[::::]',
    '1.2.3.999',
    '..',
    'a"b',
    'a\r\nb',
    'x, y',
    '@',
    'a@b',
    '_',
  ),
)
const addresses = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom('10.0.0.1', '::ffff:10.0.0.1', 'fe80::1%eth0', 'unknown', '_x', '1.2.3.4:80', '"[::1]"'),
  anyText,
)

test('whatever is said of hosts and addresses, there is one of each, and what is made of them is sound (S36, S54)', () => {
  const forwarded = fc.array(addresses, { maxLength: 4 }).map((hops) => hops.join(', '))
  check(
    fc.property(
      hosts,
      hosts,
      fc.oneof(fc.constantFrom('http', 'https'), anyText),
      forwarded,
      (host, forwardedHost, proto, hops) => {
        const headers = { host, 'x-forwarded-host': forwardedHost, 'x-forwarded-proto': proto, 'x-forwarded-for': hops }
        const { address, origin } = readClientOrigin(requestWith(headers))
        expect(isIP(address)).not.toBe(0)
        expect(origin).toMatch(/^https?:\/\/[a-zA-Z0-9._:[\]-]+$/)
        expect(pullNameOf(origin, parseRepositoryName('acme/web'))).toMatch(/^[^/]*[.:][^/]*\/acme\/web$/)
        expect(formatChallenge(origin, undefined, { kind: 'unauthenticated' })).toMatch(
          /^Bearer realm="[^"]+\/token",service="[^"]+"$/,
        )
      },
    ),
    { numRuns: 500 },
  )
})

test('a challenge is one header of well-formed parameters, whatever it has to say', () => {
  check(
    fc.property(anyText, fc.constantFrom('invalid', 'insufficient'), (description, kind) => {
      const challenge = formatChallenge('https://registry.example', 'repository:acme/web:pull', { kind, description })
      expect(challenge).toMatch(
        /^Bearer \w+="[\x20-\x21\x23-\x5b\x5d-\x7e]*"(,\w+="[\x20-\x21\x23-\x5b\x5d-\x7e]*"){4}$/,
      )
    }),
  )
})

test('content is known to a client that has it by any list of tags with its own in it, and by no other', () => {
  const spell = fc.constantFrom(
    (text: string) => `"${text}"`,
    (text: string) => text,
  )
  check(
    fc.property(
      digestTexts,
      fc.array(digestTexts, { maxLength: 3 }),
      spell,
      fc.boolean(),
      fc.nat(3),
      (text, others, write, hasIt, at) => {
        fc.pre(!others.includes(text))
        const list = hasIt ? others.toSpliced(at, 0, text) : others
        const request = requestWith({ 'if-none-match': list.map(write).join(' , ') })
        expect(isNotModified(request, parseDigest(text))).toBe(hasIt)
      },
    ),
  )
  check(
    fc.property(anyText, digestTexts, (condition, text) => {
      expect(isNotModified(requestWith({ 'if-none-match': condition }), parseDigest(text))).toBe(false)
    }),
  )
})

test('a version is asked for as it was told, and anything else is no version', () => {
  check(
    fc.property(fc.integer({ min: 1, max: 1e15 - 1 }), (version) => {
      expect(parseIfMatch(formatVersion(version))).toBe(version)
    }),
  )
  check(
    fc.property(anyText, (text) => {
      try {
        const version = parseIfMatch(text)
        expect(text.trim()).toBe(typeof version === 'number' ? formatVersion(version) : '*')
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        expect(error.status).toBe(412)
      }
    }),
  )
})

test('the next page is asked for as the link says, and any other number of entries is refused', () => {
  check(
    fc.property(
      anyText.filter((text) => text !== ''),
      fc.integer({ min: 0, max: 1000 }),
      (last, limit) => {
        const link = /^<(\/v2\/_catalog\?[\x21-\x7e]*)>; rel="next"$/.exec(
          nextLink('/v2/_catalog', { n: String(limit), last }),
        )
        const { searchParams } = new URL(link?.[1] ?? '', 'http://registry.example')
        expect(parsePageRequest(searchParams)).toEqual({ limit, after: Buffer.from(last).toString() })
      },
    ),
  )
  check(
    fc.property(fc.oneof(anyText, fc.maxSafeNat().map(String)), (n) => {
      try {
        const { limit } = parsePageRequest(new URLSearchParams({ n }))
        expect(n).toMatch(/^\d+$/)
        expect(limit).toBe(Math.min(Number(n), 1000))
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error
        expect(error.code).toBe('PAGINATION_NUMBER_INVALID')
      }
    }),
  )
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s in any of these headers are read within 5 ms (S33)', (_, text) => {
  const headers = { host: text, 'x-forwarded-for': text, 'x-forwarded-host': text, 'x-forwarded-proto': text }
  expect(bestMs(() => readClientOrigin(requestWith(headers)))).toBeLessThan(5)
  const digest = parseDigest(`sha256:${'a'.repeat(64)}`)
  expect(bestMs(() => isNotModified(requestWith({ 'if-none-match': text }), digest))).toBeLessThan(5)
  expect(bestMs(() => parsePageRequest(new URLSearchParams({ n: '1', last: text })))).toBeLessThan(5)
})
