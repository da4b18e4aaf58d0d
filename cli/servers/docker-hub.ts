/** What Docker Hub is called in the names of images. */
const NAME = 'docker.io'
/** Names from before there was that one are taken as well. */
const NAMES: ReadonlySet<string> = new Set([NAME, 'index.docker.io'])
/** Where it speaks the protocol (distribution/reference and moby, `registry/config.go`). */
const API_HOST = 'registry-1.docker.io'
/** What docker, and with it every helper, calls it where credentials are kept. */
const CREDENTIALS = 'https://index.docker.io/v1/'

/** The host to speak to for a host that is named: its own, except for Docker Hub's. */
export function apiHostOf(host: string): string {
  return NAMES.has(host) ? API_HOST : host
}

/** The host in the names of images, for the host that is spoken to. */
export function imageHostOf(host: string): string {
  return host === API_HOST ? NAME : host
}

/** Under what docker keeps the credentials for the host that is spoken to. */
export function credentialKeyOf(host: string): string {
  return host === API_HOST ? CREDENTIALS : host
}

/** The host in the names of images, for what docker keeps credentials under; old ones of docker wrote the scheme. */
export function imageHostOfKey(key: string): string {
  return key === CREDENTIALS ? NAME : key.replace(/^https?:\/\//, '').replace(/\/$/, '')
}

/** A repository's whole name: on Docker Hub, `nginx` is short for `library/nginx`. */
export function fullNameAt(host: string, repository: string): string {
  return NAMES.has(host) && !repository.includes('/') ? `library/${repository}` : repository
}
