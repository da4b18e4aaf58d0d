import type { Database } from 'better-sqlite3'
import { createRandom } from './random.ts'

/** What images are called and said to be; the first ones the most often. */
const PRODUCTS =
  `nginx postgres redis node python golang alpine ubuntu debian mysql mongo rabbitmq httpd memcached traefik
  haproxy grafana prometheus elasticsearch kibana logstash kafka zookeeper consul vault etcd jenkins gitea keycloak wordpress
  ghost nextcloud mariadb couchdb cassandra influxdb telegraf fluentd jaeger minio caddy envoy varnish tomcat jetty openjdk
  maven gradle php ruby rust dotnet erlang elixir haskell julia perl swift solr neo4j arangodb cockroach clickhouse superset
  airflow spark flink nifi metabase sonarqube nexus artifactory harbor registry drone concourse argo flux helm kustomize`.split(
    /\s+/,
  )
const ROLES =
  `api web worker frontend backend gateway proxy service server client agent operator controller exporter scheduler
  importer cron migrator auth billing search mail queue cache store builder runner bot ui cli base tools sidecar`.split(
    /\s+/,
  )
const ADJECTIVES =
  `small fast official custom hardened minimal internal legacy experimental secure distributed simple modern
  automated rootless static multiarch nightly stable patched`.split(/\s+/)
const PURPOSES =
  `database server for web applications with support caching metrics monitoring logs streaming messages search
  storage objects files images video machine learning inference training data pipeline analytics reporting dashboards
  authentication authorization single sign on reverse proxy load balancer ingress tls certificates backup restore
  continuous integration build deployment testing tooling configuration secrets service discovery mesh tracing`.split(
    /\s+/,
  )

const ACCOUNTS_PER_REPOSITORY = 1 / 20
const PRIVATE_PERCENT = 70
const OWN_ORGANIZATIONS = 3
const STEM_COUNT = 4_000

/**
 * Fills a database with repositories, past the stores, which would take an hour; the search index is left to be built.
 * Some repositories are named after products, most after words that few others use.
 * @param callerId a user, who becomes a member of three organizations.
 * @returns words that some names have: rare ones, to search for.
 */
export function createLargeCatalogue(
  db: Database,
  { repositories, callerId, now }: { readonly repositories: number; readonly callerId: number; readonly now: number },
): readonly string[] {
  const random = createRandom(11)
  /** One of a list, the first ones the most often. */
  const often = (words: readonly string[]) => words[Math.floor((random(1_000) ** 2 / 1_000_000) * words.length)] ?? ''
  const any = (words: readonly string[]) => words[random(words.length)] ?? ''
  const stems = Array.from({ length: STEM_COUNT }, () => syllables(random, 2 + random(2)))
  db.pragma('synchronous = OFF')
  return db.transaction(() => {
    const insertAccount = db.prepare<[string, string]>(
      "INSERT INTO account (kind, name, base_permission, created_at) VALUES (?, ?, 'pull', 1)",
    )
    const addAccount = (kind: string, name: string) => Number(insertAccount.run(kind, name).lastInsertRowid)
    const accounts = Array.from({ length: Math.ceil(repositories * ACCOUNTS_PER_REPOSITORY) }, (_, index) => {
      const name = `${any(stems)}-${index.toString(36)}`
      return { name, id: addAccount('organization', name) }
    })
    const insertMember = db.prepare(
      "INSERT INTO organization_member (organization_id, user_id, role, joined_at) VALUES (?, ?, 'member', 1)",
    )
    for (const { id } of accounts.slice(0, OWN_ORGANIZATIONS)) insertMember.run(id, callerId)
    const insertRepository = db.prepare(`
      INSERT OR IGNORE INTO repository
        (account_id, name, visibility, created_at, pushed_at, stars, pulls, recent_pulls, last_pulled_at, description)
      VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)`)
    for (let index = 0; index < repositories; index++) {
      const account = accounts[random(accounts.length)]
      if (account === undefined) throw new Error('there are no accounts')
      const base = random(10) < 3 ? often(PRODUCTS) : any(stems)
      const path = [base, `${base}-${any(ROLES)}`, `${any(stems)}-${any(ROLES)}`, `${any(ADJECTIVES)}-${base}`][
        random(4)
      ]
      const words = Array.from({ length: 4 + random(8) }, () => often(PURPOSES)).join(' ')
      const description = `${any(ADJECTIVES)} ${base} ${words}`
      const isPrivate = random(100) < PRIVATE_PERCENT
      const pulls = Math.floor(1_000 / (1 + random(1_000)))
      const stars = isPrivate ? 0 : Math.floor(100 / (1 + random(1_000)))
      const pushedAt = now - random(1_000) * 86_400_000
      insertRepository.run(
        account.id,
        `${account.name}/${path}`,
        isPrivate ? 'private' : 'public',
        pushedAt,
        stars,
        pulls,
        pulls,
        now,
        description,
      )
    }
    return stems
  })()
}

function syllables(random: (below: number) => number, count: number): string {
  const letter = (letters: string) => letters[random(letters.length)] ?? ''
  return Array.from({ length: count }, () => letter('bcdfghklmnprstvz') + letter('aeiou') + letter('lmnrst')).join('')
}
