import { createHash } from 'node:crypto'
import SqliteDatabase from 'better-sqlite3'
import { createRandom } from '../../bench/support/random.ts'
import { formatDigest } from '../../oci/digest.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import { parseTag } from '../../oci/reference.ts'
import { parseRepositoryName } from '../../oci/repository-name.ts'
import { SYSTEM } from '../../server/access/caller.ts'
import type { ManifestKind, PutManifest } from '../../storage/metadata/manifests.ts'
import { openSqliteMetadataStore } from '../../storage/metadata/sqlite/sqlite-metadata-store.ts'
import { KNOWN_IMAGES } from './known-images.ts'

/** A repository that is to be. */
export interface CatalogueEntry {
  /** With its namespace. */
  readonly name: string
  readonly description: string
  readonly readme: string
  readonly labels: Readonly<Record<string, string>>
  readonly kind: ManifestKind
  readonly platforms: readonly string[]
  readonly stars: number
  readonly recentPulls: number
  /** Since the last push. */
  readonly ageDays: number
}

const REPOSITORIES = 2_000
const DAY_MS = 86_400_000

const PEOPLE =
  `alice bob carol dave erin frank grace heidi ivan judy kim leo mallory nina oscar peggy quentin rupert sybil
  trent ursula victor wendy xavier yvonne zoe`.split(/\s+/)
const COMPANIES = `payments logistics northwind contoso initech umbrella globex hooli vandelay acme stark wayne tyrell
  cyberdyne soylent wonka duff oceanic aperture blackmesa`.split(/\s+/)
const PARTS = `web api worker frontend backend gateway billing search mail auth cron importer reports checkout catalog
  inventory shipping orders users sessions images uploads events metrics admin`.split(/\s+/)

/** What people make of a known image: names and descriptions with the image's name for `%`. */
const IMITATIONS: readonly (readonly [path: string, description: string])[] = [
  ['%', 'My build of %'],
  ['my-%', 'Personal % with a few changes'],
  ['%-docker', '% in a container'],
  ['%-alpine', 'Small % on Alpine'],
  ['%-proxy', 'Proxy in front of %'],
  ['%-backup', 'Backs up % every night'],
  ['%-exporter', 'Exports metrics of %'],
  ['docker-%', 'Dockerfile for %'],
  ['%-custom', 'Customised % for our cluster'],
  ['%-test', ''],
  ['x%', 'Do not use'],
]

/** Two thousand repositories, the same in every run: what everybody knows, what people make of it, and their own work. */
export function createCatalogue(): readonly CatalogueEntry[] {
  const random = createRandom(20_260_615)
  const any = <T>(list: readonly T[]): T => {
    const one = list[random(list.length)]
    if (one === undefined) throw new Error('there is nothing to choose from')
    return one
  }
  const entries = new Map<string, CatalogueEntry>()
  const add = (name: string, more: Partial<CatalogueEntry>) => {
    if (entries.has(name)) return
    entries.set(name, {
      name,
      description: '',
      readme: '',
      labels: {},
      kind: 'image',
      platforms: ['linux/amd64'],
      stars: 0,
      recentPulls: 0,
      ageDays: random(900),
      ...more,
    })
  }

  for (const image of KNOWN_IMAGES) {
    add(image.name, {
      ...image,
      readme: `# ${lastPart(image.name)}\n\n${image.description}.`,
      platforms: ['linux/amd64', 'linux/arm64/v8'],
      ageDays: random(40),
    })
  }
  add('bitnami/nginx', { description: 'Chart of NGINX', kind: 'helm', platforms: [], stars: 30, recentPulls: 9_000 })
  add('payments/web', { description: 'Shop front', labels: { team: 'payments' }, recentPulls: 40 })
  for (const image of KNOWN_IMAGES) {
    const base = lastPart(image.name)
    for (let count = 2 + random(4); count > 0; count--) {
      const [path, description] = any(IMITATIONS)
      add(`${any(PEOPLE)}/${path.replace('%', base)}`, {
        description: description.replace('%', base),
        stars: random(4) === 0 ? random(30) : 0,
        recentPulls: random(500),
      })
    }
  }
  while (entries.size < REPOSITORIES) {
    const used = any(KNOWN_IMAGES)
    const other = any(KNOWN_IMAGES)
    const company = any(COMPANIES)
    const part = any(PARTS)
    add(`${company}/${any(PARTS)}-${part}`, {
      description: any([
        `The ${part} service of ${company}`,
        `${part} that stores its data in ${lastPart(used.name)}`,
        `Runs behind ${lastPart(used.name)}`,
        '',
      ]),
      readme: any([
        '',
        `# ${part}\n\nNeeds ${lastPart(used.name)} and ${lastPart(other.name)} to run, and sends metrics.\n`,
      ]),
      labels: { team: any(COMPANIES) },
      recentPulls: random(300),
    })
  }
  return [...entries.values()]
}

/**
 * Fills an empty registry's database with a catalogue, in which everything is public. What people push comes by the
 * store; what they would write and do afterwards past it, as stars take thousands of users; so the index is built anew.
 */
export async function seedCatalogue(path: string, entries: readonly CatalogueEntry[], now: number): Promise<void> {
  const store = openSqliteMetadataStore({ path, now: () => now, holdNamesForMs: 0 })
  try {
    for (const entry of entries) await store.manifests.put(manifestOf(entry), SYSTEM)
    describeRepositories(path, entries, now)
    await store.searchIndex.startBuild()
    while ((await store.searchIndex.continueBuild(500)) !== undefined);
  } finally {
    await store.close()
  }
}

function manifestOf(entry: CatalogueEntry): PutManifest {
  const { name, kind, platforms } = entry
  const bytes = Buffer.from(JSON.stringify(entry))
  return {
    repository: parseRepositoryName(name),
    digest: formatDigest('sha256', createHash('sha256').update(bytes).digest('hex')),
    mediaType: MEDIA_TYPES.ociManifest,
    bytes,
    references: [],
    artifactType: undefined,
    referrer: undefined,
    tags: [parseTag('latest')],
    description: { kind, platforms, labels: {} },
  }
}

function describeRepositories(path: string, entries: readonly CatalogueEntry[], now: number): void {
  const db = new SqliteDatabase(path)
  const describe = db
    .prepare<object, number>(`
      UPDATE repository SET visibility = 'public', description = @description, stars = @stars, pulls = @recentPulls,
        recent_pulls = @recentPulls, last_pulled_at = @now, pushed_at = @pushedAt WHERE name = @name RETURNING id`)
    .pluck()
  const addReadme = db.prepare('INSERT INTO repository_readme (repository_id, readme) VALUES (?, ?)')
  const addLabel = db.prepare('INSERT INTO repository_label (repository_id, key, value) VALUES (?, ?, ?)')
  db.transaction(() => {
    for (const { name, description, readme, labels, stars, recentPulls, ageDays } of entries) {
      const pushedAt = now - ageDays * DAY_MS
      const id = describe.get({ name, description, stars, recentPulls, now, pushedAt })
      if (readme !== '') addReadme.run(id, readme)
      for (const [key, value] of Object.entries(labels)) addLabel.run(id, key, value)
    }
  })()
  db.close()
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
