import { expect, test } from 'vitest'
import { createRecollection } from '../../../../storage/metadata/recollection.ts'

function open({ maxWeight = 100 } = {}) {
  let mark = 1
  const made: string[] = []
  const recollection = createRecollection<string>({
    readChangeMark: () => mark,
    maxWeight,
    weigh: (text) => (text.startsWith('secret') ? undefined : text.length),
  })
  return {
    made,
    change: () => {
      mark += 1
    },
    recall: (key: string, text: string) =>
      recollection.recall(key, async () => {
        made.push(text)
        return text
      }),
    recollection,
  }
}

test('what was made once is not made again while nothing changes', async () => {
  const { recall, made } = open()
  expect(await recall('a', 'first')).toBe('first')
  expect(await recall('a', 'second')).toBe('first')
  expect(await recall('b', 'other')).toBe('other')
  expect(made).toEqual(['first', 'other'])
})

test('after any change everything is made anew', async () => {
  const { recall, change } = open()
  await recall('a', 'first')
  change()
  expect(await recall('a', 'second')).toBe('second')
})

test('what was being made while something changed is given to whoever asked, and not kept', async () => {
  const { recollection, recall, change } = open()
  const made = recollection.recall('a', async () => {
    change()
    return 'old'
  })
  expect(await made).toBe('old')
  expect(await recall('a', 'new')).toBe('new')
})

test('what was being made before a change is not kept although others have asked since', async () => {
  const { recollection, recall, change } = open()
  let finish = (_: string) => {}
  const slow = recollection.recall('a', () => new Promise<string>((resolve) => (finish = resolve)))
  change()
  await recall('b', 'asked since')
  finish('old')
  expect(await slow).toBe('old')
  expect(await recall('a', 'new')).toBe('new')
})

test('what cannot be made is not kept, and the error is told', async () => {
  const { recollection, recall } = open()
  const failing = recollection.recall('a', () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  expect(await recall('a', 'now')).toBe('now')
})

test('what is not to be kept is made each time', async () => {
  const { recall } = open()
  expect(await recall('a', 'secret 1')).toBe('secret 1')
  expect(await recall('a', 'secret 2')).toBe('secret 2')
})

test('no more is kept than there is room for', async () => {
  const { recall, made } = open({ maxWeight: 10 })
  await recall('a', '1234')
  await recall('b', '5678')
  await recall('c', '90ab')
  await recall('c', 'again')
  await recall('a', '1234')
  await recall('too large', '12345678901')
  await recall('too large', '12345678901')
  expect(made).toEqual(['1234', '5678', '90ab', '1234', '12345678901', '12345678901'])
})
