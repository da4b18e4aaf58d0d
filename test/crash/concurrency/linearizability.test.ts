import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../content.ts'
import { findViolation } from './linearizability.ts'
import { apply, type TagAction, type TagOperation, type TagValue } from './tag-operation.ts'

const A = digestOf(Buffer.from('a'))
const B = digestOf(Buffer.from('b'))

const putA: TagAction = { kind: 'put', value: A }
const putB: TagAction = { kind: 'put', value: B }
const getA: TagAction = { kind: 'get', value: A }
const getB: TagAction = { kind: 'get', value: B }
const getNothing: TagAction = { kind: 'get', value: undefined }
const deleted: TagAction = { kind: 'delete', found: true }
const nothingToDelete: TagAction = { kind: 'delete', found: false }

function operation(action: TagAction, calledAt: number, returnedAt: number): TagOperation {
  return { action, calledAt, returnedAt, isAnswered: true }
}

/** A request whose connection broke. */
function lost(action: TagAction, calledAt: number, returnedAt: number): TagOperation {
  return { action, calledAt, returnedAt, isAnswered: false }
}

/** One after the other. */
function inTurn(...actions: readonly TagAction[]): TagOperation[] {
  return actions.map((action, index) => operation(action, 2 * index, 2 * index + 1))
}

describe('a history of a tag is accepted', () => {
  it.each<[string, TagOperation[]]>([
    ['when nothing happened', []],
    ['when each read tells what was written last', inTurn(getNothing, putA, getA, putB, getB, deleted, getNothing)],
    ['when a tag that is not there cannot be deleted', inTurn(nothingToDelete, putA, deleted, nothingToDelete)],
    [
      'when a list shows what is there',
      inTurn({ kind: 'list', isListed: false }, putA, { kind: 'list', isListed: true }),
    ],
    ['when a read during a write sees it', [operation(putA, 0, 9), operation(getA, 1, 2), operation(getA, 3, 4)]],
    ['when a read during a write does not see it', [operation(putA, 0, 9), operation(getNothing, 1, 2)]],
    [
      'when reads tell in which order two writes at once were done',
      [
        operation(putA, 0, 9),
        operation(putB, 0, 9),
        operation(getB, 1, 2),
        operation(getA, 3, 4),
        operation(getA, 10, 11),
      ],
    ],
    [
      'when one of two deletions at once finds it',
      [...inTurn(putA), operation(deleted, 2, 9), operation(nothingToDelete, 3, 4)],
    ],
    ['when what was never answered was done', [lost(putA, 0, 5), operation(getA, 6, 7)]],
    ['when what was never answered was not done', [lost(putA, 0, 5), operation(getNothing, 6, 7)]],
    [
      'when a deletion that was never answered was done',
      [...inTurn(putA), lost({ kind: 'delete', found: undefined }, 2, 5), operation(getNothing, 6, 7)],
    ],
  ])('%s', (_, history) => {
    expect(findViolation(history)).toBeUndefined()
  })
})

describe('a history of a tag is refused', () => {
  it.each<[string, TagOperation[], TagAction]>([
    ['when a read tells what was written before', inTurn(putA, putB, getA), getA],
    ['when a read does not see an acknowledged write', inTurn(putA, getNothing), getNothing],
    ['when a read sees what was deleted', inTurn(putA, deleted, getA), getA],
    ['when a read sees what nobody has written', inTurn(putA, getB), getB],
    [
      'when a list lacks what is there',
      inTurn(putA, { kind: 'list', isListed: false }),
      { kind: 'list', isListed: false },
    ],
    ['when a deletion finds what is not there', inTurn(putA, deleted, deleted), deleted],
    ['when a deletion does not find what is there', inTurn(putA, nothingToDelete), nothingToDelete],
    [
      'when reads during a write see it and then no more',
      [operation(putA, 0, 9), operation(getA, 1, 2), operation(getNothing, 3, 4)],
      getNothing,
    ],
    [
      'when two writes at once are seen in both orders',
      [
        operation(putA, 0, 9),
        operation(putB, 0, 9),
        operation(getA, 1, 2),
        operation(getB, 3, 4),
        operation(getA, 5, 6),
      ],
      getA,
    ],
    [
      'when both of two deletions at once find it',
      [...inTurn(putA), operation(deleted, 2, 9), operation(deleted, 3, 4)],
      deleted,
    ],
    [
      'when what was never answered is done after all, too late',
      [lost(putA, 0, 5), operation(getNothing, 6, 7), operation(getA, 8, 9)],
      getA,
    ],
  ])('%s', (_, history, action) => {
    expect(findViolation(history)?.operation.action).toEqual(action)
  })
})

/** Tries every order. */
function hasOrder(left: readonly TagOperation[], value: TagValue = undefined): boolean {
  if (left.every(({ isAnswered }) => !isAnswered)) return true
  return left.some((next) => {
    const others = left.filter((other) => other !== next)
    if (others.some((other) => other.returnedAt < next.calledAt && other.isAnswered)) return false
    const after = apply(value, next)
    // What should have come before it and was never answered cannot come any more.
    const possible = others.filter((other) => other.returnedAt >= next.calledAt)
    return after !== undefined && hasOrder(possible, after.value)
  })
}

const anyAction = fc.constantFrom<TagAction>(
  putA,
  putB,
  getA,
  getB,
  getNothing,
  deleted,
  nothingToDelete,
  { kind: 'list', isListed: true },
  { kind: 'list', isListed: false },
)
const anyOperation = fc
  .record({ action: anyAction, calledAt: fc.nat(12), duration: fc.nat(6), isAnswered: fc.boolean() })
  .map(({ action, calledAt, duration, isAnswered }) => ({
    action,
    calledAt,
    returnedAt: calledAt + duration,
    isAnswered: isAnswered || action.kind === 'get' || action.kind === 'list',
  }))

it('finds a violation exactly when no order explains a history', () => {
  const verdicts = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(fc.array(anyOperation, { maxLength: 6 }), (history) => {
      const isAccepted = findViolation(history) === undefined
      verdicts[isAccepted ? 'accepted' : 'refused'] += 1
      expect(isAccepted).toBe(hasOrder(history))
    }),
    { numRuns: 3000 },
  )
  expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(300)
})
