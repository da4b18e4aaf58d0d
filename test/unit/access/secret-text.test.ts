import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createSecretText, hashSecret, readSecretText, type SecretKind } from '../../../server/access/secret-text.ts'

const KINDS: readonly (readonly [SecretKind, string])[] = [
  ['access-token', 'kontor_pat_'],
  ['robot-secret', 'kontor_robot_'],
  ['refresh-token', 'kontor_rt_'],
  ['invitation', 'kontor_inv_'],
]

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** What the documentation tells secret scanners to look for. */
const SCANNER = /\bkontor_(?:pat|robot|rt|inv)_[0-9A-Za-z]{46}\b/

describe.each(KINDS)('a secret of kind %s', (kind, prefix) => {
  test('begins with its prefix, is always as long, and reads as what it is', () => {
    for (let round = 0; round < 200; round++) {
      const text = createSecretText(kind)
      expect(text).toMatch(new RegExp(`^${prefix}[0-9A-Za-z]{46}$`))
      expect(readSecretText(text)).toEqual({ kind: 'secret', secret: kind })
    }
  })

  test('is found by secret scanners in the midst of a file', () => {
    const text = createSecretText(kind)
    for (const line of [`password: "${text}"`, `TOKEN=${text}`, `-p ${text} `, `https://ci:${text}@localhost/`]) {
      expect(SCANNER.exec(line)?.[0]).toBe(text)
    }
  })

  test('is mistyped when any one of its characters is another', () => {
    const text = createSecretText(kind)
    for (let at = prefix.length; at < text.length; at++) {
      for (const character of [...BASE62, '-', '_', ' ']) {
        if (character === text[at]) continue
        const wrong = text.slice(0, at) + character + text.slice(at + 1)
        expect(readSecretText(wrong)).toEqual({ kind: 'mistyped', secret: kind })
      }
    }
  })

  test('is mistyped when it is cut off, doubled, continued, or under the prefix of another kind', () => {
    const text = createSecretText(kind)
    const otherPrefixes = KINDS.map(([, other]) => other).filter((other) => other !== prefix)
    const others = otherPrefixes.map((other) => other + text.slice(prefix.length))
    const wrong = [prefix, text.slice(0, -1), text + text, `${text}0`, `${text}\n`, `${text} `, `${text}\0`, ...others]
    for (const each of wrong) expect(readSecretText(each)).toMatchObject({ kind: 'mistyped' })
  })
})

test('a checksum says the same for ever: secrets given out long ago are read', () => {
  const random = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN'
  expect(readSecretText(`kontor_pat_${random}1xZdCK`)).toEqual({ kind: 'secret', secret: 'access-token' })
  expect(readSecretText(`kontor_pat_${'0'.repeat(40)}23L6u8`)).toEqual({ kind: 'secret', secret: 'access-token' })
})

test('refresh tokens without a checksum, which credential stores hold, are secrets', () => {
  for (let round = 0; round < 50; round++) {
    const body = randomBytes(32).toString('base64url')
    expect(readSecretText(`kontor_rt_${body}`)).toEqual({ kind: 'secret', secret: 'refresh-token' })
    expect(readSecretText(`kontor_pat_${body}`)).toEqual({ kind: 'mistyped', secret: 'access-token' })
    expect(readSecretText(`kontor_rt_${body.slice(1)}`)).toEqual({ kind: 'mistyped', secret: 'refresh-token' })
  }
})

test.each([
  ['nothing', ''],
  ['a password', 'correct horse battery staple'],
  ['the name of the registry', 'kontor'],
  ['a prefix of no kind', 'kontor_'],
  ['the prefix of an unknown kind', `kontor_xyz_${'0'.repeat(46)}`],
  ['a prefix in capitals', createSecretText('access-token').toUpperCase()],
  ['a secret after a space', ` ${createSecretText('access-token')}`],
  ["a secret of somebody else's", `ghp_${'0'.repeat(36)}`],
  ['a key of every object', '__proto__'],
])('%s is no secret of this registry', (_, text) => {
  expect(readSecretText(text)).toEqual({ kind: 'other' })
})

test('no two are alike, and every character comes up as often as any other', () => {
  const bodies = Array.from({ length: 4000 }, () => createSecretText('access-token').slice('kontor_pat_'.length, -6))
  expect(new Set(bodies).size).toBe(bodies.length)
  const counts = new Map<string, number>()
  for (const character of bodies.join('')) counts.set(character, (counts.get(character) ?? 0) + 1)
  expect([...counts.keys()].sort().join('')).toBe(BASE62)
  // 2,581 each on average, with a deviation of 50; bytes taken modulo 62 would bring up the first eight 3,125 times.
  for (const count of counts.values()) expect(Math.abs(count - 160_000 / 62)).toBeLessThan(350)
})

test('what is stored of a secret is its SHA-256, which tells nothing about it', () => {
  expect(hashSecret('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  const text = createSecretText('robot-secret')
  expect(hashSecret(text)).toEqual(hashSecret(text))
  expect(hashSecret(text)).not.toEqual(hashSecret(createSecretText('robot-secret')))
})
