import { describe, expect, test } from 'vitest'
import { parseScopes } from '../../../oci/scope.ts'

function repository(name: string, ...actions: string[]) {
  return { kind: 'repository', name, actions }
}

test('docker’s scope is read', () => {
  expect(parseScopes(['repository:acme/app:push,pull'])).toEqual([repository('acme/app', 'pull', 'push')])
})

describe('several scopes', () => {
  const both = [repository('acme/app', 'pull', 'push'), repository('acme/base', 'pull')]

  test.each([
    ['one parameter each', ['repository:acme/app:pull,push', 'repository:acme/base:pull']],
    ['all in one, between spaces', ['repository:acme/app:pull,push repository:acme/base:pull']],
    ['all in one, between other white space', ['\trepository:acme/app:pull,push \n  repository:acme/base:pull ']],
    ['both at once', ['repository:acme/app:pull', 'repository:acme/app:push repository:acme/base:pull']],
    ['twice', ['repository:acme/app:pull,push', 'repository:acme/app:pull', 'repository:acme/base:pull']],
    ['with empty ones between', ['', 'repository:acme/app:pull,push', ' ', 'repository:acme/base:pull']],
  ])('may come as %s', (_, parameters) => {
    expect(parseScopes(parameters)).toEqual(both)
  })
})

test.each([
  ['repository:acme/app:pull', ['pull']],
  ['repository:acme/app:push,pull,delete', ['pull', 'push', 'delete']],
  ['repository:acme/app:*', ['pull', 'push', 'delete']],
  ['repository:acme/app:pull,*', ['pull', 'push', 'delete']],
  ['repository:acme/app:pull,pull', ['pull']],
  ['repository:acme/app:pull,metadata-read,admin', ['pull']],
  ['repository:acme/app:PULL', []],
  ['repository:acme/app:', []],
  ['repository(plugin):acme/app:pull', ['pull']],
])('%s asks for %j', (text, actions) => {
  expect(parseScopes([text])).toEqual([repository('acme/app', ...actions)])
})

test('a name without a namespace is short for an official image', () => {
  expect(parseScopes(['repository:nginx:pull', 'repository:library/nginx:push'])).toEqual([
    repository('library/nginx', 'pull', 'push'),
  ])
})

test.each(['registry:catalog:*', 'registry:catalog:search', 'registry:catalog:'])('%s asks for lists', (text) => {
  expect(parseScopes([text])).toEqual([{ kind: 'catalog' }])
})

describe('what is not understood is dropped without a word', () => {
  test.each([
    'repository',
    'repository:acme/app',
    'repository::pull',
    'repository:Acme/app:pull',
    'repository:../../etc:pull',
    'repository:localhost:5000/app:pull',
    'registry:other:*',
    'aws:acme/app:pull',
    '__proto__:acme/app:pull',
    'repository((x)):acme/app:pull',
    ':::',
    ':',
    '*',
    'repository:acme/app\0:pull',
  ])('%s', (text) => {
    expect(parseScopes([text, 'repository:acme/app:pull'])).toEqual([repository('acme/app', 'pull')])
  })
})

test('64 scopes are read, and no more', () => {
  const parameters = Array.from({ length: 100 }, (_, index) => `repository:acme/app-${index}:pull`)
  expect(parseScopes(parameters)).toHaveLength(64)
  expect(parseScopes([parameters.join(' ')])).toHaveLength(64)
})

test('names are read as long as all of them fit into a token, and those that are in may get more actions', () => {
  const names = Array.from({ length: 40 }, (_, index) => `a/${String(index).padStart(253, 'b')}`)
  const first = names[0] ?? ''
  const scopes = parseScopes([...names.map((name) => `repository:${name}:pull`), `repository:${first}:push`])
  expect(scopes.length).toBeGreaterThan(20)
  expect(scopes.length).toBeLessThan(40)
  expect(scopes[0]).toEqual(repository(first, 'pull', 'push'))
})

test('a megabyte of anything is read in no time', () => {
  const startMs = performance.now()
  for (const hostile of ['(', 'a(', ':', ',', ' ', 'repository:', 'repository(', 'repository:a:pull,']) {
    parseScopes([hostile.repeat(Math.ceil(1_000_000 / hostile.length))])
  }
  expect(performance.now() - startMs).toBeLessThan(2000)
})
