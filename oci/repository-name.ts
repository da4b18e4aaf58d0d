import { RegistryError } from './error-codes.ts'

declare const repositoryNameBrand: unique symbol

/**
 * The whole name of a repository, `<namespace>/<rest>`; always with a namespace and at most 255 characters.
 * Only {@link parseRepositoryName} makes one.
 */
export type RepositoryName = string & { readonly [repositoryNameBrand]: true }

/** The namespace of Docker's official images: `nginx` is short for `library/nginx`, as on Docker Hub. */
export const OFFICIAL_NAMESPACE = 'library'

/** distribution-spec: "many clients impose a limit of 255 characters on the concatenation" of host and name. */
const MAX_LENGTH = 255

// The grammar of the distribution-spec (spec.md, Pulling manifests), applied to one component at a time:
// no nested quantifier sees more than one component, so hostile names cost linear time.
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/

/** Reads a repository name, adding `library/` where no namespace is given; undefined when it is not one. */
export function readRepositoryName(text: string): RepositoryName | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const components = text.split('/')
  for (const component of components) if (!COMPONENT.test(component)) return undefined
  const name = components.length === 1 ? `${OFFICIAL_NAMESPACE}/${text}` : text
  return name.length > MAX_LENGTH ? undefined : (name as RepositoryName)
}

/**
 * Reads a repository name, adding `library/` where no namespace is given.
 * @throws RegistryError NAME_INVALID
 */
export function parseRepositoryName(text: string): RepositoryName {
  const name = readRepositoryName(text)
  if (name !== undefined) return name
  throw new RegistryError('NAME_INVALID', {
    message:
      'a repository name has lower-case letters and digits, separated by one of . _ __ - or /, and at most 255 characters',
    detail: { name: text.slice(0, MAX_LENGTH + 1) },
  })
}

/** The first component: the name of the account that owns the repository. */
export function namespaceOf(name: RepositoryName): string {
  return name.slice(0, name.indexOf('/'))
}

/** What follows the namespace: the repository as its owner calls it. */
export function pathOf(name: RepositoryName): string {
  return name.slice(name.indexOf('/') + 1)
}

/** True for a name that can be a namespace, and so an account's: one component. */
export function isNamespace(text: string): boolean {
  return text.length <= 128 && COMPONENT.test(text)
}
