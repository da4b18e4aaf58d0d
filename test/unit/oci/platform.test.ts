import { describe, expect, test } from 'vitest'
import { choosePlatform, formatPlatform, isUnknownPlatform, platformIn, readPlatform } from '../../../oci/platform.ts'

/** The one chosen of platforms written as people do; undefined for none. */
function choose(wanted: string, ...offered: string[]): string | undefined {
  const candidates = offered.map((name) => ({ name, platform: readPlatform(name) }))
  const platform = readPlatform(wanted)
  if (platform === undefined) throw new Error(`${wanted} is no platform`)
  return choosePlatform(candidates, platform)?.name
}

describe('a platform', () => {
  test.each(['linux/amd64', 'linux/arm/v7', 'windows/amd64'])('is read from %s and written the same', (text) => {
    const platform = readPlatform(text)
    expect(platform && formatPlatform(platform)).toBe(text)
  })

  test.each(['', 'linux', 'linux/', '/amd64', 'linux/arm/v7/x', 'linux/ä', 'linux/amd64\n', `linux/${'x'.repeat(65)}`])(
    'is not read from %j',
    (text) => {
      expect(readPlatform(text)).toBeUndefined()
    },
  )

  test('is read from a descriptor or a configuration, as far as it is one', () => {
    expect(platformIn({ os: 'linux', architecture: 'arm', variant: 'v7', more: 1 })).toEqual(
      readPlatform('linux/arm/v7'),
    )
    expect(platformIn({ os: 'linux', architecture: 'amd64', variant: '' })).toEqual(readPlatform('linux/amd64'))
    for (const odd of [
      undefined,
      null,
      'linux/amd64',
      {},
      { os: 'linux' },
      { os: 1, architecture: 2 },
      { os: '', architecture: '' },
    ]) {
      expect(platformIn(odd)).toBeUndefined()
    }
  })

  test('is none where buildkit writes that it is unknown', () => {
    expect(isUnknownPlatform({ os: 'unknown', architecture: 'unknown' })).toBe(true)
    expect(isUnknownPlatform({ os: 'linux', architecture: 'amd64' })).toBe(false)
  })
})

describe('choosing', () => {
  test('takes the first that is for the platform', () => {
    const platform = readPlatform('linux/amd64')
    const candidates = ['first', 'second'].map((name) => ({ name, platform }))
    expect(platform && choosePlatform(candidates, platform)?.name).toBe('first')
    expect(choose('linux/s390x', 'linux/amd64', 'linux/arm64')).toBeUndefined()
    expect(choose('windows/amd64', 'linux/amd64')).toBeUndefined()
  })

  test('takes the variant asked for, and any when none is', () => {
    expect(choose('linux/arm/v7', 'linux/arm/v6', 'linux/arm/v7')).toBe('linux/arm/v7')
    expect(choose('linux/arm/v8', 'linux/arm/v6', 'linux/arm/v7')).toBeUndefined()
    expect(choose('linux/arm', 'linux/arm/v6', 'linux/arm/v7')).toBe('linux/arm/v6')
    expect(choose('linux/amd64', 'linux/amd64/v3', 'linux/amd64')).toBe('linux/amd64')
  })

  test('knows that arm64 is v8', () => {
    expect(choose('linux/arm64/v8', 'linux/arm64')).toBe('linux/arm64')
    expect(choose('linux/arm64', 'linux/arm64/v9', 'linux/arm64/v8')).toBe('linux/arm64/v8')
  })

  test('takes nothing that has no platform', () => {
    expect(choosePlatform([{ platform: undefined }], { os: 'linux', architecture: 'amd64' })).toBeUndefined()
  })
})
