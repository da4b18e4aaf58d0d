import type { IForbiddenRuleType } from 'dependency-cruiser'

/** The contracts of storage: what use cases know of it. Drivers live one folder deeper. */
const CONTRACTS = '^storage/([^/]+|blobs/[^/]+|metadata/[^/]+)\\.ts$'

const OUTSIDE = '^(node_modules|[a-z:_/]+$)'

function mayOnlyKnow(room: string, known: readonly string[], comment: string): IForbiddenRuleType {
  return {
    name: `${room} knows only ${known.join(', ')}`,
    comment,
    severity: 'error',
    from: { path: `^${room}/` },
    to: { pathNot: [OUTSIDE, `^${room}/`, ...known].join('|') },
  }
}

/** The rooms open one way only (docs/decisions/0001-rooms.md). */
export const ROOM_RULES: readonly IForbiddenRuleType[] = [
  {
    name: 'no cycles',
    comment: 'a cycle is one room with two doors',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  mayOnlyKnow('oci', [], 'the vocabulary is pure; it also serves the browser and the command line'),
  {
    name: 'oci needs no library',
    comment: 'the vocabulary runs anywhere',
    severity: 'error',
    from: { path: '^oci/' },
    to: { pathNot: '^oci/' },
  },
  mayOnlyKnow('config', ['^oci/'], 'settings are read before anything else exists'),
  mayOnlyKnow('migrations', [], 'a migration must mean the same for ever'),
  mayOnlyKnow('storage', ['^oci/', '^migrations/'], 'stores know nothing of users, requests or settings'),
  ...['access', 'accounts', 'audit', 'registry', 'jobs'].map((room) =>
    mayOnlyKnow(
      `server/${room}`,
      [
        '^oci/',
        CONTRACTS,
        '^config/secret\\.ts$',
        '^server/(access|accounts|audit|registry|jobs|scrub)/',
        '^server/log\\.ts$',
      ],
      'use cases know contracts, never a driver and never HTTP',
    ),
  ),
  mayOnlyKnow(
    'server/search',
    ['^oci/', CONTRACTS],
    'what is found for a viewer, whoever that is: no credentials and no HTTP',
  ),
  mayOnlyKnow(
    'server/archives',
    ['^oci/', CONTRACTS, '^server/(access|registry)/'],
    'archives are read into the registry and written out of it as clients push and pull: by its use cases',
  ),
  mayOnlyKnow(
    'server/scrub',
    ['^oci/', CONTRACTS, '^server/access/caller\\.ts$', '^server/log\\.ts$'],
    'a scrub compares what is stored with its digests: no users, no rights, no HTTP, and no driver that it might trust',
  ),
  mayOnlyKnow(
    'server/http',
    ['^oci/', '^config/(schema|explain-read-failure)\\.ts$', '^server/log\\.ts$'],
    'the door knows nobody behind it',
  ),
  mayOnlyKnow(
    'server/distribution',
    ['^oci/', CONTRACTS, '^server/(access|audit|registry|http)/'],
    'the wire turns requests into use cases and back',
  ),
  mayOnlyKnow(
    'server/api',
    [
      '^oci/',
      CONTRACTS,
      '^config/secret\\.ts$',
      '^server/(access|accounts|archives|audit|registry|http|scrub|search)/',
    ],
    'the API turns requests into use cases and back',
  ),
  mayOnlyKnow('cli', ['^oci/'], 'the command line works with any Kontor, over what everybody can call'),
  {
    name: 'only the API knows Express',
    comment: 'the hot path passes through no framework',
    severity: 'error',
    from: { pathNot: '^server/api/' },
    to: { path: 'node_modules/(express|multer)/' },
  },
  {
    name: 'only the metadata store knows SQLite',
    comment: 'and the lock of the data folder, which is made of one',
    severity: 'error',
    from: { pathNot: '^storage/(metadata/sqlite/|data-folder\\.ts$)' },
    to: { path: 'node_modules/better-sqlite3/' },
  },
  {
    name: 'only compose knows which implementation is used',
    comment:
      'a second choice elsewhere would be a second truth; a thread that searches and the commands are put together where they run',
    severity: 'error',
    from: {
      pathNot: '^(server/(compose|compose-accounts|compose-migration|compose-scrub|search-thread)\\.ts$|storage/)',
    },
    to: { path: '^storage/(metadata/sqlite|blobs/[^/]+)/' },
  },
  {
    name: 'the API is loaded when it is asked for',
    comment: 'its schemas cost 70 ms at start and 7 MB for ever (docs/decisions/0012-the-api-describes-itself.md)',
    severity: 'error',
    from: {},
    to: { path: '^server/api/api\\.ts$', dynamic: false },
  },
]
