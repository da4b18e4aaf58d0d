import type { Digest } from './digest.ts'
import type { Platform } from './platform.ts'

/** What one piece of content says of another (image-spec descriptor.md): its type, address and size in bytes. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  /** Places outside the registry where a non-distributable layer may be had. */
  readonly urls?: readonly string[]
  /** Of a manifest that is an artifact and no image. */
  readonly artifactType?: string
  /** What a child of an index runs on. */
  readonly platform?: Platform
  readonly annotations?: Readonly<Record<string, string>>
}
