import { isTag, type Tag } from './reference.ts'

/** "The name of the reference for a target" (image-spec annotations.md): a tag, though skopeo writes a whole name. */
const REF_NAME = 'org.opencontainers.image.ref.name'
/** The whole name, as containerd, buildkit and docker write it. */
const IMAGE_NAME = 'io.containerd.image.name'

/** What something in an archive is called there. */
export interface ArchivedNames {
  /** As the archive writes them. */
  readonly names: readonly string[]
  /** Those that are more than a tag. */
  readonly wholeNames: readonly string[]
  /** What is a tag in these names. */
  readonly tags: readonly Tag[]
}

/** What an OCI layout calls one of its manifests, by the annotations that `index.json` has of it. */
export function namesInLayout(annotations: Readonly<Record<string, string>> = {}): ArchivedNames {
  const whole = annotations[IMAGE_NAME]
  const reference = annotations[REF_NAME]
  const names = [whole, reference].filter((name) => name !== undefined)
  const ownTag = reference !== undefined && isTag(reference) ? reference : tagInName(reference ?? '')
  const tag = ownTag ?? tagInName(whole ?? '')
  const wholeNames = [whole, ownTag === reference ? undefined : reference].filter((name) => name !== undefined)
  return {
    names,
    wholeNames: [...new Set(wholeNames)],
    tags: tag === undefined ? [] : [tag],
  }
}

/** The tag in the whole name of an image, `registry/repository:tag`; undefined where it has none. */
export function tagInName(name: string): Tag | undefined {
  const last = name.slice(name.lastIndexOf('/') + 1)
  const colon = last.indexOf(':')
  const tag = last.slice(colon + 1)
  return colon > 0 && isTag(tag) ? tag : undefined
}
