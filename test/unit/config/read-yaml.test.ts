import { describe, expect, test } from 'vitest'
import { loadWith, problemsWith } from './load-with.ts'

describe('a YAML file', () => {
  test('may be empty, hold only comments, or sections with nothing in them', () => {
    const defaults = loadWith({}).config
    for (const yaml of ['', '# nothing yet\n', '---\n', 'http:\n  # port: 80\nlog: {}\n']) {
      expect(loadWith({ yaml }).config).toEqual(defaults)
    }
  })

  test('may begin with a byte order mark', () => {
    expect(loadWith({ yaml: '\uFEFFlog:\n  level: warn\n' }).config.log.level).toBe('warn')
  })

  test('may use aliases', () => {
    const yaml = 'http: { idleTimeoutSeconds: &long 600, keepAliveSeconds: *long }'
    expect(loadWith({ yaml }).config.http).toMatchObject({ idleTimeoutSeconds: 600, keepAliveSeconds: 600 })
  })

  test.each([
    {
      name: 'a setting that does not exist, with the one that was meant',
      yaml: 'http:\n  host: ::1\n  prot: 80\n',
      problem: 'kontor.yaml:3:3: there is no setting "http.prot"; did you mean "http.port"?',
    },
    {
      name: 'a setting outside its section',
      yaml: 'port: 80\n',
      problem: 'kontor.yaml:1:1: there is no setting "port"; did you mean "http.port"?',
    },
    {
      name: 'a setting that is like no other',
      yaml: 'banana: 80\n',
      problem: 'kontor.yaml:1:1: there is no setting "banana"; docs/configuration.md lists them all',
    },
    {
      name: 'a section that does not exist, once, whatever it holds',
      yaml: 'tokns:\n  a: 1\n  b: 2\n',
      problem: 'kontor.yaml:1:1: there is no setting "tokns"; did you mean "tokens"?',
    },
    {
      name: 'a key that would reach into the prototype of objects',
      yaml: '__proto__:\n  port: 1\n',
      problem: 'kontor.yaml:1:1: there is no setting "__proto__"; docs/configuration.md lists them all',
    },
    {
      name: 'a key that is no text',
      yaml: '? [a, b]\n: 1\n',
      problem: 'kontor.yaml:1:3: there is no setting "["a","b"]"; docs/configuration.md lists them all',
    },
    {
      name: 'dots instead of levels',
      yaml: 'http.port: 80\n',
      problem:
        'kontor.yaml:1:1: "http.port" must be nested: write each part on a line of its own, below the one before',
    },
    {
      name: 'a section with a value of its own',
      yaml: 'http: 80\n',
      problem: 'kontor.yaml:1:1: "http" takes no value of its own; its settings stand below it, one on each line',
    },
    {
      name: 'a setting with settings below it',
      yaml: 'dataDir:\n  path: /data\n',
      problem: 'kontor.yaml:2:3: dataDir must be the path of a folder, not a group of settings',
    },
    {
      name: 'a setting without a value',
      yaml: 'http:\n  port:\n',
      problem: 'kontor.yaml:2:3: http.port has no value; give it one or leave it out',
    },
    {
      name: 'a number in quotes',
      yaml: 'http:\n  port: "80"\n',
      problem: 'kontor.yaml:2:9: http.port must be a whole number from 0 to 65535, not "80"',
    },
    {
      name: 'text that YAML takes for a number',
      yaml: 'admin:\n  password: 0123\n',
      problem: 'kontor.yaml:2:13: admin.password must be text; put its value in quotes',
    },
    {
      name: 'the same key twice',
      yaml: 'log:\n  level: info\n  level: warn\n',
      problem: 'kontor.yaml:3:3: this key was there before; keep one of the two',
    },
    {
      name: 'YAML that is broken',
      yaml: 'log: {level: info\nhttp: [\n',
      problem: /^kontor\.yaml:\d+:\d+: not valid YAML: /,
    },
    {
      name: 'a tag nobody knows',
      yaml: 'dataDir: !path /data\n',
      problem: 'kontor.yaml:1:10: not valid YAML: Unresolved tag: !path',
    },
    {
      name: 'two documents in one file',
      yaml: 'dataDir: /a\n---\ndataDir: /b\n',
      problem: /^kontor\.yaml:2:1: not valid YAML: .*multiple documents/,
    },
    {
      name: 'a file that is a list',
      yaml: '- dataDir: /data\n',
      problem: 'kontor.yaml:1:1: the file must hold settings, such as "dataDir: /var/lib/kontor"',
    },
  ])('is refused for $name', ({ yaml, problem }) => {
    const problems = problemsWith({ yaml })
    if (typeof problem === 'string') expect(problems).toEqual([problem])
    else expect(problems[0]).toMatch(problem)
  })
})
