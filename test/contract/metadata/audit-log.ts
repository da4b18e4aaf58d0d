import { describe, expect, it } from 'vitest'
import type { AuditEvent, AuditFilter, Refusal } from '../../../storage/metadata/audit-events.ts'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { slowdown } from './page-costs.ts'
import { readPages } from './read-pages.ts'
import { createUser, ORIGIN } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** A filter that every event passes. */
export const EVERYTHING: AuditFilter = {
  ownerId: undefined,
  action: undefined,
  outcome: undefined,
  actor: undefined,
  object: undefined,
  since: undefined,
  until: undefined,
  newerThan: undefined,
}

const ACME = 41 as AccountId
const OTHERS = 42 as AccountId

/** The newest thousand events, the newest first. */
export async function readTrail(store: MetadataStore): Promise<readonly AuditEvent[]> {
  return (await store.auditLog.list(EVERYTHING, { after: undefined, limit: 1000 })).items
}

function refusalOf(changes: Partial<Refusal> = {}): Refusal {
  return { action: 'write', object: 'acme/app', ownerId: ACME, origin: ORIGIN, at: 1000, detail: {}, ...changes }
}

function by(accountName: string): Pick<Refusal, 'origin'> {
  return { origin: { ...ORIGIN, accountName } }
}

/** The objects of what passes a filter, in alphabetical order. */
async function objectsOf(store: MetadataStore, filter: Partial<AuditFilter>): Promise<readonly string[]> {
  const { items } = await store.auditLog.list({ ...EVERYTHING, ...filter }, { after: undefined, limit: 1000 })
  return items.map(({ object }) => object).sort()
}

/** What a filter means, said a second time. */
function passes(event: AuditEvent, filter: AuditFilter): boolean {
  const { ownerId, action, outcome, actor, object, since, until, newerThan } = filter
  const begins = (start: string) => ['/', ':', '@'].some((separator) => event.object.startsWith(start + separator))
  return (
    (ownerId === undefined || event.ownerId === ownerId) &&
    (action === undefined || event.action === action) &&
    (outcome === undefined || event.outcome === outcome) &&
    (actor === undefined || event.origin.accountName === actor) &&
    (object === undefined || event.object === object || begins(object)) &&
    (since === undefined || event.at >= since) &&
    (until === undefined || event.at < until) &&
    (newerThan === undefined || event.id > newerThan)
  )
}

/** Every choice of keys of a filter. */
function combinationsOf(filter: AuditFilter): AuditFilter[] {
  const combinations = [EVERYTHING]
  for (const [key, value] of Object.entries(filter)) {
    combinations.push(...combinations.map((each) => ({ ...each, [key]: value })))
  }
  return combinations
}

/** Looking for events, adding refusals, forgetting what is old. */
export function describeAuditLog(underTest: () => MetadataStoreUnderTest): void {
  describe('the audit log', () => {
    it('looks for something rare a part of the trail at a time, and finds it', async () => {
      const { store } = underTest()
      const hay = Array.from({ length: 50_000 }, () => refusalOf())
      await store.auditLog.recordRefusals([refusalOf({ object: 'needle' }), ...hay])
      const pages = await readPages((page) => store.auditLog.list({ ...EVERYTHING, object: 'needle' }, page), 10)
      expect(pages.length).toBeGreaterThan(1)
      expect(pages.flat().map(({ object }) => object)).toEqual(['needle'])
      const all = await readPages((page) => store.auditLog.list({ ...EVERYTHING, outcome: 'refused' }, page), 1000)
      expect(all.flat()).toHaveLength(50_001)
    })

    it('looks at what is newer than an event only, for who follows the trail, however rare what is looked for', async () => {
      const { store } = underTest()
      await store.auditLog.recordRefusals(Array.from({ length: 50_000 }, () => refusalOf()))
      const [newest] = await readTrail(store)
      await store.auditLog.recordRefusals([refusalOf({ object: 'needle' }), refusalOf()])
      const filter = { ...EVERYTHING, object: 'needle', newerThan: newest?.id }
      const { items, next } = await store.auditLog.list(filter, { after: undefined, limit: 10 })
      expect(items.map(({ object }) => object)).toEqual(['needle'])
      expect(next).toBeUndefined()
    })

    it('keeps refusals as they were told, in their order', async () => {
      const { store } = underTest()
      const login = refusalOf({ action: 'login', object: 'bob', ownerId: undefined, at: 900, detail: { count: 3 } })
      const write = refusalOf({ origin: { ...ORIGIN, accountId: ACME }, detail: { code: 'DENIED', count: 1 } })
      await store.auditLog.recordRefusals([login, write])
      const [newest, oldest, ...more] = await readTrail(store)
      expect(newest).toEqual({ ...write, id: newest?.id, outcome: 'refused' })
      expect(oldest).toEqual({ ...login, id: oldest?.id, outcome: 'refused' })
      expect(more).toEqual([])
    })

    it('keeps all refusals of one call or none', async () => {
      const { store } = underTest()
      const notJson = refusalOf({ detail: { count: 1n } })
      await expect(store.auditLog.recordRefusals([refusalOf(), notJson])).rejects.toThrow()
      expect(await readTrail(store)).toEqual([])
    })

    it('finds what each combination of filters says, and nothing else', async () => {
      const { store, clock } = underTest()
      const objects = ['acme/app', 'acme/app:1', 'acme/app2', 'bob']
      const refusals = Array.from({ length: 240 }, (_, index) =>
        refusalOf({
          action: index % 2 === 0 ? 'write' : 'login',
          object: objects[Math.floor(index / 2) % 4] ?? '',
          ownerId: [ACME, OTHERS, undefined][Math.floor(index / 8) % 3],
          ...by(Math.floor(index / 24) % 2 === 0 ? 'alice' : 'bob'),
          at: clock.now() + (Math.floor(index / 48) - 2) * 1000,
        }),
      )
      await createUser(store, 'acme')
      await store.auditLog.recordRefusals(refusals)
      await createUser(store, 'bob')
      const trail = await readTrail(store)
      const some = { ownerId: ACME, action: 'write', outcome: 'refused', actor: 'alice', object: 'acme/app' } as const
      const other = { ownerId: OTHERS, action: 'login', outcome: 'done', actor: 'bob', object: 'bob' } as const
      const range = { since: clock.now() - 1000, until: clock.now() + 2000, newerThan: trail[200]?.id }
      const filters = [...combinationsOf({ ...some, ...range }), ...combinationsOf({ ...other, ...range })]
      expect(filters).toHaveLength(512)
      for (const filter of filters) {
        const { items } = await store.auditLog.list(filter, { after: undefined, limit: 1000 })
        expect(items, JSON.stringify(filter)).toEqual(trail.filter((event) => passes(event, filter)))
      }
    })

    it('finds an object with what is in it, and not what only begins alike', async () => {
      const { store } = underTest()
      const within = ['acme/app', 'acme/app/sub', 'acme/app/sub:1', 'acme/app:latest', 'acme/app@sha256:ab']
      const beside = ['acme', 'acme/ap', 'acme/app-2', 'acme/app.2', 'acme/app0', 'acme/app;', 'acme/appA', 'Acme/app']
      await store.auditLog.recordRefusals([...within, ...beside].map((object) => refusalOf({ object })))
      expect(await objectsOf(store, { object: 'acme/app' })).toEqual(within)
    })

    it.each(['%', '_', 'acme/%', 'acme_app', '*', "' OR 1 = 1 --", '"', '\\', '', '\u0000'])(
      'takes %j for itself, in every filter of text (S27)',
      async (text) => {
        const { store } = underTest()
        await store.auditLog.recordRefusals([
          refusalOf(by('alice')),
          refusalOf({ object: text, ...by('carl') }),
          refusalOf({ object: 'bob', ...by(text) }),
        ])
        expect(await objectsOf(store, { object: text })).toEqual([text])
        expect(await objectsOf(store, { actor: text })).toEqual(['bob'])
      },
    )

    it('begins with the time since which, and ends before the time until which', async () => {
      const { store } = underTest()
      await store.auditLog.recordRefusals([1, 2, 3, 4].map((at) => refusalOf({ at, object: `at ${at}` })))
      expect(await objectsOf(store, { since: 2, until: 4 })).toEqual(['at 2', 'at 3'])
      expect(await objectsOf(store, { since: 4 })).toEqual(['at 4'])
      expect(await objectsOf(store, { until: 1 })).toEqual([])
    })

    it.each([EVERYTHING, { ...EVERYTHING, ownerId: ACME, object: 'acme/app' }])(
      'is read backwards in pages, with the filter %o',
      async (filter) => {
        const { store } = underTest()
        const refusals = Array.from({ length: 10 }, (_, index) => [
          refusalOf({ at: index }),
          refusalOf({ at: index, ownerId: OTHERS }),
        ]).flat()
        await store.auditLog.recordRefusals(refusals)
        const all = (await readTrail(store)).filter((event) => passes(event, filter))
        for (const limit of [1, 3, 5, 10, 20, 21]) {
          const pages = await readPages((page) => store.auditLog.list(filter, page), limit)
          expect(pages.flat()).toEqual(all)
          expect(pages).toHaveLength(Math.ceil(all.length / limit))
        }
      },
    )

    it('goes on where a reader was, whatever came or was forgotten in the meantime', async () => {
      const { store } = underTest()
      await store.auditLog.recordRefusals([1, 2, 3, 4, 5].map((at) => refusalOf({ at })))
      const first = await store.auditLog.list(EVERYTHING, { after: undefined, limit: 2 })
      await store.auditLog.recordRefusals([refusalOf({ at: 6 })])
      await store.auditLog.purge(3, 1)
      const second = await store.auditLog.list(EVERYTHING, { after: first.next, limit: 2 })
      expect([first, second].map(({ items }) => items.map(({ at }) => at))).toEqual([
        [5, 4],
        [3, 2],
      ])
      expect(second.next).toBeUndefined()
    })

    it.each(['', 'x', '-1', '1.5', '1e3', ' 1', '0x1', '1; --', '9'.repeat(40)])(
      'begins at the newest after %j, which is no event',
      async (after) => {
        const { store } = underTest()
        await store.auditLog.recordRefusals([1, 2].map((at) => refusalOf({ at })))
        const { items } = await store.auditLog.list(EVERYTHING, { after, limit: 10 })
        expect(items.map(({ at }) => at)).toEqual([2, 1])
      },
    )

    it('forgets the oldest events from before a time, at most so many', async () => {
      const { store } = underTest()
      await store.auditLog.recordRefusals([1, 2, 3, 4, 5].map((at) => refusalOf({ at })))
      const left = async () => (await readTrail(store)).map(({ at }) => at)
      expect(await store.auditLog.purge(1, 10)).toBe(0)
      expect(await store.auditLog.purge(5, 3)).toBe(3)
      expect(await left()).toEqual([5, 4])
      expect(await store.auditLog.purge(5, 3)).toBe(1)
      expect(await left()).toEqual([5])
      expect(await store.auditLog.purge(5, 3)).toBe(0)
    })

    it('forgets old events behind a young one, which stays', async () => {
      const { store } = underTest()
      await store.auditLog.recordRefusals([1, 100, 2, 3].map((at) => refusalOf({ at })))
      expect(await store.auditLog.purge(50, 3)).toBe(2)
      expect(await store.auditLog.purge(50, 3)).toBe(1)
      expect((await readTrail(store)).map(({ at }) => at)).toEqual([100])
    })

    it('never gives the id of a forgotten event to another', async () => {
      const { store } = underTest()
      await store.auditLog.recordRefusals([refusalOf({ at: 1 })])
      const [forgotten] = await readTrail(store)
      await store.auditLog.purge(2, 10)
      await underTest().reopen()
      await underTest().store.auditLog.recordRefusals([refusalOf({ at: 3 })])
      const [next] = await readTrail(underTest().store)
      expect(next?.id).toBeGreaterThan(forgotten?.id ?? Number.POSITIVE_INFINITY)
    })

    it('finds the few events of one account or author among the many of others at once', async () => {
      const { store } = underTest()
      const few = Array.from({ length: 50 }, () => refusalOf(by('carl')))
      const many = Array.from({ length: 50_000 }, () => refusalOf({ ownerId: OTHERS, ...by('dora') }))
      await store.auditLog.recordRefusals([...few, ...many])
      const read = (filter: Partial<AuditFilter>) => () =>
        store.auditLog.list({ ...EVERYTHING, ...filter }, { after: undefined, limit: 10 })
      const ratio = await slowdown([
        read({}),
        read({ ownerId: ACME }),
        read({ actor: 'carl' }),
        read({ ownerId: ACME, actor: 'dora', outcome: 'refused' }),
        () => store.auditLog.purge(1, 10),
      ])
      expect(ratio).toBeLessThan(10)
    })
  })
}
