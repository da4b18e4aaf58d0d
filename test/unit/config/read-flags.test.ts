import { describe, expect, test } from 'vitest'
import { loadWith, problemsWith } from './load-with.ts'

describe('flags', () => {
  test.each([
    { flags: ['--http.port', '80'] },
    { flags: ['--http.port=80'] },
    { flags: ['--http.port=80', '--http.public-url', 'https://a.example'] },
    { flags: ['--http.publicUrl=https://a.example', '--http.port', '80'] },
  ])('can be written as in $flags', ({ flags }) => {
    expect(loadWith({ flags }).config.http.port).toBe(80)
  })

  test('may have a value that begins with a dash, or holds an equals sign, behind their equals sign', () => {
    const { config } = loadWith({ flags: ['--admin.password=--a=b', '--data-dir', '/data'] })
    expect(config.admin.password?.reveal()).toBe('--a=b')
    expect(config.dataDir).toBe('/data')
  })

  test('without a value turn a switch on', () => {
    const { config } = loadWith({ flags: ['--metrics.anonymous', '--log.access', 'false'] })
    expect([config.metrics.anonymous, config.log.access]).toEqual([true, false])
  })

  test.each([
    {
      name: 'a flag that does not exist, once, with its value',
      flags: ['--http.prot', '80', '--log.level', 'warn'],
      problem: '--http.prot: there is no such flag; did you mean --http.port?',
    },
    {
      name: 'a flag without its section',
      flags: ['--port=80'],
      problem: '--port: there is no such flag; did you mean --http.port?',
    },
    {
      name: 'a flag that is like no other',
      flags: ['--banana'],
      problem: '--banana: there is no such flag; docs/configuration.md lists them all',
    },
    {
      name: 'a flag without its value',
      flags: ['--http.port', '--metrics.anonymous'],
      problem: '--http.port: needs a value: a whole number from 0 to 65535',
    },
    {
      name: 'the same setting twice',
      flags: ['--data-dir=/a', '--dataDir=/b'],
      problem: '--dataDir: is given twice; keep one of the two',
    },
    {
      name: 'an argument that is no flag',
      flags: ['5000'],
      problem: '5000: there is no such argument; settings are given as in --http.port 5000',
    },
    {
      name: 'a short flag',
      flags: ['-p', '--http.port=80'],
      problem: '-p: there is no such argument; settings are given as in --http.port 5000',
    },
  ])('are refused for $name', ({ flags, problem }) => {
    expect(problemsWith({ flags })).toEqual([problem])
  })
})
