import type { Permission } from '../../oci/permission.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { Registry } from '../registry/registry.ts'
import { createDeleteBlob, createGetBlob, createHeadBlob } from './blobs.ts'
import { createCatalog } from './catalog.ts'
import { type Exchange, type ExchangeOn, isOn } from './exchange.ts'
import { createDeleteManifest, createGetManifest, createPutManifest } from './manifests.ts'
import type { PathKind } from './path.ts'
import { getBase } from './ping.ts'
import { createReferrers } from './referrers.ts'
import { createTagsList } from './tags.ts'
import {
  createDeleteUpload,
  createGetUpload,
  createPatchUpload,
  createPutUpload,
  createStartUpload,
} from './uploads.ts'

/** Who may use a route. There is no default: a route that declares nothing does not compile (I6). */
export type AccessRule =
  /** Whoever presents something that proves good, be it a token for anonymous. */
  | { readonly kind: 'authenticated' }
  /** Whoever may list; the list holds what each may see. */
  | { readonly kind: 'catalog' }
  /** Whoever holds this permission on the repository in the path. */
  | {
      readonly kind: 'repository'
      readonly permission: Permission
      /** Puts something into the repository, which then must not be archived. */
      readonly adds?: true
    }

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One route: a method on a kind of path. */
export interface Operation {
  /** For log and metrics. */
  readonly name: string
  readonly access: AccessRule
  handle(exchange: Exchange): Promise<void>
}

export type OperationTable = Readonly<Record<PathKind, Readonly<Partial<Record<Method, Operation>>>>>

const PULL: AccessRule = { kind: 'repository', permission: 'pull' }
const PUSH: AccessRule = { kind: 'repository', permission: 'push', adds: true }
/** Looking at an upload of one's own, and giving it up: what a client whose push was refused midway may do. */
const OWN_UPLOAD: AccessRule = { kind: 'repository', permission: 'push' }
const MAINTAIN: AccessRule = { kind: 'repository', permission: 'maintain' }

/** The whole of `/v2`: what there is, and who may. */
export function createOperations(registry: Registry): OperationTable {
  const getBaseOperation = operation('base', 'base', { kind: 'authenticated' }, getBase)
  const catalog = operation('catalog', 'catalog', { kind: 'catalog' }, createCatalog(registry))
  const tagsList = operation('tags', 'tags.list', PULL, createTagsList(registry))
  const getManifest = operation('manifest', 'manifest.get', PULL, createGetManifest(registry))
  const referrers = operation('referrers', 'referrers.list', PULL, createReferrers(registry))
  return {
    base: { GET: getBaseOperation, HEAD: getBaseOperation },
    catalog: { GET: catalog, HEAD: catalog },
    tags: { GET: tagsList, HEAD: tagsList },
    manifest: {
      GET: getManifest,
      HEAD: getManifest,
      PUT: operation('manifest', 'manifest.put', PUSH, createPutManifest(registry)),
      DELETE: operation('manifest', 'manifest.delete', MAINTAIN, createDeleteManifest(registry)),
    },
    blob: {
      GET: operation('blob', 'blob.get', PULL, createGetBlob(registry)),
      HEAD: operation('blob', 'blob.head', PULL, createHeadBlob(registry)),
      DELETE: operation('blob', 'blob.delete', MAINTAIN, createDeleteBlob(registry)),
    },
    uploads: { POST: operation('uploads', 'upload.start', PUSH, createStartUpload(registry)) },
    upload: {
      GET: operation('upload', 'upload.get', OWN_UPLOAD, createGetUpload(registry)),
      PATCH: operation('upload', 'upload.patch', PUSH, createPatchUpload(registry)),
      PUT: operation('upload', 'upload.put', PUSH, createPutUpload(registry)),
      // Giving up an upload takes the right to upload, not the right to delete (CHAL-8).
      DELETE: operation('upload', 'upload.delete', OWN_UPLOAD, createDeleteUpload(registry)),
    },
    referrers: { GET: referrers, HEAD: referrers },
  }
}

/** The scope a token must have for a rule, as a challenge asks for it. */
export function scopeOf(access: AccessRule, name: RepositoryName | undefined): string | undefined {
  if (access.kind === 'catalog') return 'registry:catalog:*'
  if (access.kind === 'authenticated' || name === undefined) return undefined
  return `repository:${name}:${SCOPE_ACTIONS[access.permission]}`
}

const SCOPE_ACTIONS = {
  pull: 'pull',
  push: 'pull,push',
  maintain: 'delete',
  admin: '*',
} as const satisfies Record<Permission, string>

function operation<K extends PathKind>(
  kind: K,
  name: string,
  access: AccessRule,
  handle: (exchange: ExchangeOn<K>) => Promise<void>,
): Operation {
  return {
    name,
    access,
    handle(exchange) {
      if (!isOn(exchange, kind)) throw new Error(`${name} was asked to handle a path of kind ${exchange.path.kind}`)
      return handle(exchange)
    },
  }
}
