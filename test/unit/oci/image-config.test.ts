import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isImageConfigType, readImageConfig } from '../../../oci/image-config.ts'

function read(value: unknown) {
  return readImageConfig(Buffer.from(JSON.stringify(value)))
}

const EMPTY = {
  platform: undefined,
  createdAt: undefined,
  author: undefined,
  user: undefined,
  workingDir: undefined,
  entrypoint: undefined,
  cmd: undefined,
  env: [],
  exposedPorts: [],
  volumes: [],
  stopSignal: undefined,
  labels: {},
  healthcheck: undefined,
  shell: undefined,
  history: [],
  isCut: false,
}

test('an image configuration is read whole', () => {
  const config = read({
    created: '2024-05-01T10:00:00.123456789Z',
    author: 'Alice',
    architecture: 'arm64',
    variant: 'v8',
    os: 'linux',
    config: {
      User: '1000:1000',
      WorkingDir: '/app',
      Entrypoint: ['/entry'],
      Cmd: ['serve', '--port=80'],
      Env: ['PATH=/bin', 'EMPTY='],
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      Volumes: { '/data': {} },
      StopSignal: 'SIGQUIT',
      Labels: { team: 'web' },
      Healthcheck: { Test: ['CMD', 'true'], Interval: 30_000_000_000, Timeout: 1_500_000_000, Retries: 3 },
      Shell: ['/bin/bash', '-c'],
    },
    history: [
      { created: '2024-05-01T09:59:59+02:00', created_by: 'COPY . .', comment: 'buildkit' },
      { created_by: 'CMD ["serve"]', empty_layer: true, author: 'Bob' },
    ],
  })
  expect(config).toEqual({
    platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    createdAt: Date.parse('2024-05-01T10:00:00.123Z'),
    author: 'Alice',
    user: '1000:1000',
    workingDir: '/app',
    entrypoint: ['/entry'],
    cmd: ['serve', '--port=80'],
    env: ['PATH=/bin', 'EMPTY='],
    exposedPorts: ['80/tcp', '53/udp'],
    volumes: ['/data'],
    stopSignal: 'SIGQUIT',
    labels: { team: 'web' },
    healthcheck: {
      test: ['CMD', 'true'],
      intervalSeconds: 30,
      timeoutSeconds: 1.5,
      startPeriodSeconds: undefined,
      retries: 3,
    },
    shell: ['/bin/bash', '-c'],
    history: [
      {
        createdBy: 'COPY . .',
        createdAt: Date.parse('2024-05-01T07:59:59Z'),
        author: undefined,
        comment: 'buildkit',
        isEmptyLayer: false,
      },
      { createdBy: 'CMD ["serve"]', createdAt: undefined, author: 'Bob', comment: undefined, isEmptyLayer: true },
    ],
    isCut: false,
  })
})

describe('what is odd', () => {
  test.each([
    {},
    { config: null, history: null, created: null },
    { config: 7, history: {}, created: 7, os: 'linux', architecture: 1 },
    { config: { Env: {}, Cmd: 7, Entrypoint: null, Labels: [], ExposedPorts: ['80/tcp'].length, Volumes: 'x' } },
    { config: { Env: null, Labels: null, ExposedPorts: null, Healthcheck: { Test: [] }, User: '', WorkingDir: '' } },
    { created: '0001-01-01T00:00:00Z', author: '' },
    { created: '2024-13-45T99:99:99Z' },
    { created: 'yesterday' },
  ])('is left out: %j', (value) => {
    expect(read(value)).toEqual(EMPTY)
  })

  test('leaves the rest as it is', () => {
    const config = { Env: ['A=1', 7, null, 'B=2'], Cmd: 'one text', Labels: { a: 'x', b: 7, __proto__: null } }
    expect(read({ config, history: ['odd', null, { created_by: 7 }] })).toMatchObject({
      env: ['A=1', 'B=2'],
      cmd: ['one text'],
      labels: { a: 'x' },
      history: [{ createdBy: undefined }, { createdBy: undefined }, { createdBy: undefined }],
    })
  })

  test('may be a label of any name, which stays a label', () => {
    const config = readImageConfig(Buffer.from('{"config":{"Labels":{"__proto__":"x","constructor":"y"}}}'))
    expect(Object.entries(config?.labels ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  test.each(['', 'null', '[]', '"text"', '7', '{', '{"a":', '\u0000', '['.repeat(1_000_000)])(
    'may be all of it, which is then no configuration',
    (text) => {
      expect(readImageConfig(Buffer.from(text))).toBeUndefined()
    },
  )

  test('never throws, whatever JSON or bytes it is', () => {
    fc.assert(
      fc.property(fc.json(), fc.jsonValue(), (config, history) => {
        readImageConfig(Buffer.from(`{"config":${config},"history":${JSON.stringify([history])}}`))
      }),
    )
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void readImageConfig(bytes)))
  })
})

test('what is large is read up to a limit, and said to be cut', () => {
  const many = Array.from({ length: 5000 }, (_, each) => `V${each}=x`)
  const config = read({
    config: { Env: many, Labels: Object.fromEntries(many.map((name) => [name, 'x'])) },
    history: [{ created_by: 'x'.repeat(20_000) }],
  })
  expect(config?.env).toHaveLength(1000)
  expect(Object.keys(config?.labels ?? {})).toHaveLength(1000)
  expect(config?.history[0]?.createdBy).toHaveLength(10_000)
  expect(config?.isCut).toBe(true)
})

test.each([
  ['application/vnd.oci.image.config.v1+json', true],
  ['application/vnd.docker.container.image.v1+json', true],
  ['application/vnd.wasm.config.v0+json', true],
  ['application/vnd.cncf.helm.config.v1+json', false],
  ['application/vnd.oci.empty.v1+json', false],
])('%s is an image configuration: %s', (type, expected) => {
  expect(isImageConfigType(type)).toBe(expected)
})
