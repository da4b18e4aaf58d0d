import { createWriteStream, openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ClientRegistry } from './client-registry.ts'

/** What the registry answers to an import. */
export interface Imported {
  readonly format: string
  readonly images: readonly { readonly digest: string; readonly tags: readonly string[] }[]
}

/** Imports an archive as its administrator, the way a form in a browser or curl does. Throws unless it is taken. */
export async function importArchive(
  registry: ClientRegistry,
  repository: string,
  archive: string,
  query = '',
): Promise<Imported> {
  const form = new FormData()
  form.append('archive', await openAsBlob(archive), basename(archive))
  const headers = { authorization: basic(registry) }
  const response = await fetch(`${urlOf(registry, repository)}/import${query}`, { method: 'POST', headers, body: form })
  const text = await response.text()
  if (response.status !== 201) throw new Error(`the import of ${archive} was answered with ${response.status}: ${text}`)
  return JSON.parse(text) as Imported
}

/** Exports an image into a file. Throws unless there is one. */
export async function exportArchive(
  registry: ClientRegistry,
  repository: string,
  query: string,
  file: string,
): Promise<void> {
  const response = await fetch(`${urlOf(registry, repository)}/export?${query}`, {
    headers: { authorization: basic(registry) },
  })
  if (response.status !== 200 || response.body === null) {
    throw new Error(`the export of ${repository} was answered with ${response.status}: ${await response.text()}`)
  }
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file))
}

function urlOf({ url }: ClientRegistry, repository: string): string {
  return `${url}/api/v1/repositories/${encodeURIComponent(repository)}`
}

function basic({ username, password }: ClientRegistry): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
