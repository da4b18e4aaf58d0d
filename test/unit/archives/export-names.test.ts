import { describe, expect, test } from 'vitest'
import { readPlatform } from '../../../oci/platform.ts'
import { parseReference } from '../../../oci/reference.ts'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { archiveFileName, pullNameOf } from '../../../server/archives/export-names.ts'

function fileName(repository: string, reference: string, platform = ''): string {
  return archiveFileName(parseRepositoryName(repository), parseReference(reference), readPlatform(platform))
}

describe('the name of a file', () => {
  test('says what is in it, without a character that means something elsewhere', () => {
    expect(fileName('acme/web', 'v1')).toBe('acme-web-v1.tar')
    expect(fileName('acme/team/web.api', 'v1.2_3', 'linux/arm/v7')).toBe('acme-team-web.api-v1.2_3-linux-arm-v7.tar')
  })

  test('has the beginning of a digest', () => {
    expect(fileName('acme/web', `sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('acme-web-sha256-0123456789ab.tar')
  })

  test('fits into a file system, however long the names', () => {
    const name = fileName(`acme/${'a'.repeat(250)}`, 't'.repeat(128))
    expect(name.length).toBeLessThan(255)
    expect(name).toMatch(/t{128}\.tar$/)
  })
})

describe('the name to pull by', () => {
  test.each([
    ['https://registry.example', 'registry.example/acme/web'],
    ['http://127.0.0.1:5000', '127.0.0.1:5000/acme/web'],
    ['http://[::1]:5000', '[::1]:5000/acme/web'],
    ['http://localhost', 'localhost/acme/web'],
  ])('at %s is %s', (origin, expected) => {
    expect(pullNameOf(origin, parseRepositoryName('acme/web'))).toBe(expected)
  })

  test('has a port where the host alone would be taken for a namespace of Docker Hub', () => {
    expect(pullNameOf('https://registry', parseRepositoryName('acme/web'))).toBe('registry:443/acme/web')
    expect(pullNameOf('http://registry', parseRepositoryName('acme/web'))).toBe('registry:80/acme/web')
  })
})
