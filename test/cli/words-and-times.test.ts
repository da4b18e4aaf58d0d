import { describe, expect, test } from 'vitest'
import { CliError } from '../../cli/cli-error.ts'
import { readFutureTime, readPastTime } from '../../cli/times/read-time.ts'
import { nearestWord } from '../../cli/words/choose-word.ts'

const NOW = Date.parse('2030-06-15T12:00:00Z')

describe('times on the command line', () => {
  test.each([
    ['30s', '2030-06-15T11:59:30.000Z'],
    ['2h', '2030-06-15T10:00:00.000Z'],
    ['1d12h', '2030-06-14T00:00:00.000Z'],
    ['2w', '2030-06-01T12:00:00.000Z'],
    ['2030-01-31T12:00:00Z', '2030-01-31T12:00:00.000Z'],
    ['2030-01-31 12:00+01:00', '2030-01-31T11:00:00.000Z'],
    ['2030-01-31', new Date(2030, 0, 31).toISOString()],
  ])('%s is %s', (text, time) => {
    expect(readPastTime(text, NOW)).toBe(time)
  })

  test('spans lead into the past, or into the future', () => {
    expect(readFutureTime('90m', NOW)).toBe('2030-06-15T13:30:00.000Z')
  })

  test.each(['', '2', 'h', '2y', '-2h', '2h ago', 'yesterday', '2030-13-45', '2030', '9'.repeat(40).concat('w')])(
    '%j is none',
    (text) => {
      expect(() => readPastTime(text, NOW)).toThrow(CliError)
    },
  )
})

describe('the word that was meant', () => {
  const words = ['pull', 'push', 'maintain', 'admin'] as const
  test.each([
    ['pusher', 'push'],
    ['PUSH', 'push'],
    ['psuh', 'push'],
    ['mantain', 'maintain'],
    ['amdin', 'admin'],
    ['write', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ])('by %.20s is %s', (text, word) => {
    expect(nearestWord(text, words)).toBe(word)
  })
})
