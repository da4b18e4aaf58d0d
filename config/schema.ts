import { isIP } from 'node:net'
import { z } from 'zod'
import { isNamespace, OFFICIAL_NAMESPACE } from '../oci/repository-name.ts'
import { MAX_PASSWORD_BYTES, Secret } from './secret.ts'

/** Timers of Node fire at once when they are longer than 2³¹ ms; a day is longer than anybody waits. */
const MAX_TIMEOUT_SECONDS = 86_400

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i

/** Something a socket can listen on. `fe80::1%eth0` is one too: `isIP` knows zones. */
function isHost(text: string): boolean {
  return isIP(text) !== 0 || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text))
}

/** True for `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`: what `net.BlockList` takes, hence no zones. */
function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = address.includes('%') ? 0 : isIP(address)
  if (family === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}

/** True for an absolute http or https URL of nothing but scheme, host and port. */
function isOrigin(text: string): boolean {
  if (!/^https?:\/\/[^/?#@\s]+\/?$/i.test(text) || !URL.canParse(text)) return false
  return new URL(text).hostname !== ''
}

/** `library` is the organization of the official images. */
function isUserName(text: string): boolean {
  return isNamespace(text) && text !== OFFICIAL_NAMESPACE
}

const path = z.string().refine((text) => text !== '' && !text.includes('\0'))

const seconds = (min: number) => z.int().min(min).max(MAX_TIMEOUT_SECONDS)

const tls = z
  .strictObject({
    certFile: path.meta({
      description:
        'PEM file with the certificate and its chain. Together with `http.tls.keyFile` it makes the registry speak HTTPS. The file is watched: a renewed certificate is used without a restart.',
      expects: 'the path of a file',
      isPath: true,
    }),
    keyFile: path.meta({
      description: 'PEM file with the private key of the certificate, without a passphrase.',
      expects: 'the path of a file',
      isPath: true,
    }),
  })
  .readonly()

const http = z
  .strictObject({
    host: z.string().refine(isHost).optional().meta({
      description:
        'Address to listen on. Without TLS only this machine is served, because passwords would cross the network in the clear; behind a proxy that speaks TLS, set `0.0.0.0`.',
      expects: 'an IP address or a host name, without a port',
      defaultText: '`127.0.0.1`; with TLS `0.0.0.0`',
    }),
    port: z.int().min(0).max(65_535).default(5000).meta({
      description: 'Port to listen on. `0` takes any free one.',
    }),
    publicUrl: z
      .string()
      .refine(isOrigin)
      .transform((text) => new URL(text).origin)
      .optional()
      .meta({
        description:
          'The URL by which clients reach the registry, when it is not the one they asked for: needed behind a proxy that does not pass on the host. Clients are sent there for tokens.',
        expects: 'an http or https URL without a path, such as https://registry.example.com',
        defaultText: 'taken from each request',
      }),
    trustProxy: z.array(z.string().refine(isAddressRange)).readonly().default([]).meta({
      description:
        'Addresses of the proxies whose `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` are believed. Nobody else’s are.',
      expects: 'a list of IP addresses and CIDR ranges, such as 10.0.0.0/8',
      expectsOfItem: 'an IP address or a CIDR range, such as 10.0.0.0/8',
    }),
    tls: tls.optional(),
    idleTimeoutSeconds: seconds(1).default(120).meta({
      description:
        'A connection on which no byte moves for this long while a request is under way is closed. Uploads and downloads may take as long as they like, as long as they move.',
    }),
    keepAliveSeconds: seconds(1).default(120).meta({
      description:
        'How long a connection is kept open between two requests. It should be longer than what a proxy in front keeps (nginx 75, AWS load balancers 60), or the proxy sometimes answers 502.',
    }),
    drainSeconds: seconds(0).default(30).meta({
      description:
        'How long a stopping registry lets requests finish before it cuts them off. Give the supervisor (Kubernetes, systemd, `docker stop --time`) a little more than this.',
    }),
    maxConnections: z.int().min(1).optional().meta({
      description:
        'How many connections are held at once. When there are more, those on which nothing was asked for the longest time are closed; when all are busy, whoever asks next is told to come back (503). Health checks are answered all the same.',
      defaultText: '2500, or half of the files that the process may open',
    }),
  })
  .transform((settings) => ({ ...settings, host: settings.host ?? (settings.tls ? '0.0.0.0' : '127.0.0.1') }))
  .readonly()

const admin = z
  .strictObject({
    username: z
      .string()
      .refine(isUserName)
      .default('admin')
      .meta({
        description: 'Name of the administrator who is created at the first start.',
        expects: `a name of lower-case letters and digits, separated by one of . _ __ -, and not ${OFFICIAL_NAMESPACE}`,
      }),
    password: z
      .string()
      .min(1)
      .refine((text) => Buffer.byteLength(text) <= MAX_PASSWORD_BYTES)
      .transform((text) => new Secret(text))
      .optional()
      .meta({
        description:
          'Password of that administrator, read at the first start only. Best given as `KONTOR_ADMIN__PASSWORD_FILE`.',
        expects: `a password, not empty and of at most ${MAX_PASSWORD_BYTES} bytes`,
        defaultText: 'generated, and shown once',
        isSecret: true,
      }),
  })
  .readonly()

const accounts = z
  .strictObject({
    signUp: z.boolean().default(false).meta({
      description:
        'Whether people may create accounts for themselves. Otherwise administrators do, or send invitations.',
    }),
    usersCreateOrganizations: z.boolean().default(true).meta({
      description: 'Whether every user may create organizations. Otherwise only administrators do.',
    }),
    holdNamesDays: z.int().min(0).max(36_500).default(90).meta({
      description:
        'For how many days the name of a renamed or deleted account cannot be taken by another: whoever still pulls by the old name must not get somebody else’s images.',
    }),
  })
  .readonly()

const audit = z
  .strictObject({
    retentionDays: z.int().min(1).max(36_500).default(365).meta({
      description: 'For how many days the audit log keeps its events.',
    }),
  })
  .readonly()

const tokens = z
  .strictObject({
    lifetimeSeconds: z.int().min(60).max(86_400).default(900).meta({
      description:
        'How long a token from `/token` is valid; clients fetch the next one by themselves. A right that is revoked is gone at once, whatever this says.',
    }),
    refreshTokens: z.boolean().default(true).meta({
      description:
        'Whether `docker login` is given a refresh token to keep instead of the password, if it asks for one.',
    }),
    keyRotationDays: z.int().min(1).max(3650).default(30).meta({
      description: 'After how many days tokens are signed with a new key. Tokens made with the old one stay valid.',
    }),
  })
  .readonly()

const uploads = z
  .strictObject({
    expireAfterHours: z.int().min(1).max(8760).default(24).meta({
      description: 'An upload to which nothing was added for this long is given up and its bytes are freed.',
    }),
    maxSessionsPerUser: z.int().min(1).max(1_000_000).default(1000).meta({
      description:
        'Uploads that one user or robot may have begun and not finished. More are refused, so that nobody fills the disk with what they never finish.',
    }),
  })
  .readonly()

const manifests = z
  .strictObject({
    allowSparseIndexes: z.boolean().default(true).meta({
      description:
        'Whether an index may be pushed whose images are not all here, as `docker buildx imagetools` and mirrors of a few platforms do.',
    }),
  })
  .readonly()

const search = z
  .strictObject({
    threads: z.int().min(0).max(16).default(2).meta({
      description:
        'How many searches run at once, each in a thread of its own that starts with the first search: pushes and pulls do not wait for them. `0` searches in the thread that serves everything else, which takes some 20 MB less memory.',
    }),
    sendPodmanToCatalog: z.boolean().default(true).meta({
      description:
        'podman, buildah and skopeo search without credentials, even after `podman login`, and so would never find what is private. While there is anything private, their searches are turned away, whereupon they read the catalogue with credentials and find by name. `false` answers them with what is public, descriptions and stars included.',
    }),
  })
  .readonly()

const archives = z
  .strictObject({
    maxBytes: z
      .int()
      .min(1)
      .default(100 * 1024 ** 3)
      .meta({
        description:
          'How many bytes an archive of images may come to, once it is unpacked, to be imported. What is larger is refused before it fills the disk.',
      }),
  })
  .readonly()

const log = z
  .strictObject({
    level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info').meta({
      description: 'The least important messages that are still written.',
    }),
    format: z.enum(['json', 'pretty']).default('json').meta({
      description: '`json` writes one object per line, for machines; `pretty` is for reading along.',
    }),
    access: z.boolean().default(true).meta({
      description: 'Whether each request leaves a line in the log.',
    }),
  })
  .readonly()

const metrics = z
  .strictObject({
    anonymous: z.boolean().default(false).meta({
      description: 'Whether `/metrics` can be read without credentials.',
    }),
  })
  .readonly()

/**
 * Every setting there is. Types, defaults, validation, the names of environment variables and flags, the messages
 * about wrong values and the table in docs/configuration.md all come from here. What a setting's `meta` may say
 * beside its description is listed at `Setting` in describe.ts.
 */
export const configSchema = z
  .strictObject({
    dataDir: path.default('./data').meta({
      description: 'Folder that holds everything the registry stores. It is created if it does not exist.',
      expects: 'the path of a folder',
      isPath: true,
    }),
    http: http.prefault({}),
    admin: admin.prefault({}),
    accounts: accounts.prefault({}),
    audit: audit.prefault({}),
    tokens: tokens.prefault({}),
    uploads: uploads.prefault({}),
    manifests: manifests.prefault({}),
    archives: archives.prefault({}),
    search: search.prefault({}),
    log: log.prefault({}),
    metrics: metrics.prefault({}),
  })
  .readonly()

/** All settings, complete and frozen. Rooms are given the slice they need, never the whole. */
export type Config = z.output<typeof configSchema>
