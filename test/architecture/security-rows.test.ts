import { expect, test } from 'vitest'
import { readTestNames } from './test-names.ts'

/** There is a test whose name has the id of the row. */
const TESTED = 'tested'

/**
 * Every threat that Kontor is checked against, and the rules of the access matrix. A row is either in the name of a
 * test that shows what the row wants, or says here what has to exist before there is anything to show.
 */
const ROWS: Readonly<Record<string, typeof TESTED | { readonly notYet: string }>> = {
  M1: TESTED, // the matrix is made from the route table
  M2: TESTED, // what is expected is written separately from the policy
  M3: TESTED, // private and absent are the same
  M4: TESTED, // what only reads changes nothing
  M5: TESTED, // a refusal stays one after somebody else has read
  M6: TESTED, // a grant never takes, a restriction never gives

  S01: TESTED, // private content by another path to the same bytes
  S02: TESTED, // a scope that is lost in an exchange
  S03: TESTED, // a blob of others by its digest
  S04: TESTED, // a deleted blob out of a cache
  S05: { notYet: 'there is no read-only mode, and none without deletion' },
  S06: { notYet: 'there are no immutable tags' },
  S07: { notYet: 'there is no role that may create tags and not move them' },
  S08: TESTED, // a right that was taken away
  S09: TESTED, // the upload of another
  S10: TESTED, // forged tokens
  S11: { notYet: 'there is no proxy to other registries' },
  S12: TESTED, // page sizes
  S13: TESTED, // bodies without an end
  S14: TESTED, // one document that is two images
  S15: TESTED, // layers from elsewhere
  S16: { notYet: 'the server sends no requests: no webhooks, proxy, single sign-on or import' },
  S17: { notYet: 'the server sends no requests, so there is none to try out' },
  S18: TESTED, // fields that are not for the sender to set
  S19: TESTED, // the ids of others
  S20: TESTED, // secrets by way of filters and sorting
  S21: TESTED, // scripts in what somebody else wrote
  S22: TESTED, // requests that another site makes a browser send
  S23: TESTED, // pages in frames
  S24: TESTED, // passwords that are cut off
  S25: TESTED, // secrets compared in telling time
  S26: TESTED, // what names there are
  S27: TESTED, // SQL
  S28: { notYet: 'no page logs in, and nothing redirects' },
  S29: TESTED, // secrets in logs
  S30: TESTED, // other ways to write the catalogue's path
  S31: TESTED, // paths that climb
  S32: TESTED, // digest algorithms out of prototypes
  S33: TESTED, // slow grammars
  S34: TESTED, // slow patterns
  S35: TESTED, // JSON bombs
  S36: TESTED, // headers within headers
  S37: TESTED, // archives that burst
  S38: TESTED, // too many ranges
  S39: TESTED, // ranges that lie
  S40: TESTED, // lengths that lie
  S41: TESTED, // two chunks at once
  S42: TESTED, // two ends at once
  S43: TESTED, // a digest that is not the bytes'
  S44: TESTED, // a mount of no digest
  S45: { notYet: 'nothing is collected: a blob that was there stays' },
  S46: { notYet: 'there are no quotas' },
  S47: TESTED, // guessing
  S48: TESTED, // uploads that nobody finishes
  S49: TESTED, // connections on which nothing moves
  S50: { notYet: 'there are no sessions: every request brings its credentials' },
  S51: { notYet: 'there are no sessions to log out of' },
  S52: TESTED, // what a new password ends
  S53: { notYet: 'there are no webhooks' },
  S54: TESTED, // hosts of the client's making
  S55: TESTED, // two requests in one
  S56: { notYet: 'there are no rules that delete on behalf of somebody' },
  S57: TESTED, // reads that write
  S58: TESTED, // killed at any moment
  S59: TESTED, // without power at any moment
  S60: TESTED, // bytes that rot
  S61: TESTED, // disks that fail
}

test('every threat is in the name of a test, or it is said why there is nothing to test yet', () => {
  const names = readTestNames('test')
  // Fewer would mean that the names were not found.
  expect(names.length).toBeGreaterThan(1000)
  const named = new Set(names.flatMap((name) => name.match(/\b[MS]\d{1,2}\b/g) ?? []))

  const expected = Object.keys(ROWS).filter((id) => ROWS[id] === TESTED)
  expect([...named].sort()).toEqual(expected.sort())
})

test('no threat is left out of the table', () => {
  const numbered = (letter: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(letter === 'S' ? 2 : 1, '0')}`)
  expect(Object.keys(ROWS).sort()).toEqual([...numbered('M', 6), ...numbered('S', 61)].sort())
})
