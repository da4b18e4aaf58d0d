import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { waitForStopSignal } from '../../../../server/operator/stop-signal.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open(): { signals: EventEmitter; exits: number[]; stopped: Promise<void> } {
  const signals = new EventEmitter()
  const exits: number[] = []
  return { signals, exits, stopped: waitForStopSignal(signals, (exitCode) => exits.push(exitCode)) }
}

test.each(['SIGTERM', 'SIGINT'])('the first %s asks to stop, and does not end the process', async (signal) => {
  const { signals, exits, stopped } = open()
  signals.emit(signal)
  await stopped
  expect(exits).toEqual([])
})

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
])('a second %s ends the process with %i', (signal, exitCode) => {
  const { signals, exits } = open()
  signals.emit(signal)
  vi.advanceTimersByTime(300)
  signals.emit(signal)
  expect(exits).toEqual([exitCode])
})

test('the same signal again, passed on by npm, is not a second one', () => {
  const { signals, exits } = open()
  signals.emit('SIGINT')
  vi.advanceTimersByTime(200)
  signals.emit('SIGINT')
  expect(exits).toEqual([])
})

test('another signal is a second one, however soon', () => {
  const { signals, exits } = open()
  signals.emit('SIGINT')
  signals.emit('SIGTERM')
  expect(exits).toEqual([143])
})
