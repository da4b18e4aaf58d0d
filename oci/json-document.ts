import { ArchiveRefusal, showName } from './archive-refusal.ts'

/** An object of a JSON text; what its members are remains to be seen. */
export type JsonObject = { readonly [key: string]: unknown }

/** @throws ArchiveRefusal when a file of an archive is no JSON. */
export function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new ArchiveRefusal('invalid', `${showName(name)} is not JSON in UTF-8; make the archive again`, { cause })
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}
