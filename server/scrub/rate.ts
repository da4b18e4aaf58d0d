/** Bytes per second: a tenth of what one disk reads, and 2 % of one core for hashing. */
export const DEFAULT_BYTES_PER_SECOND = 32 * 1024 * 1024

/** Slower, and a scrub would not come to the end of a larger blob between two restarts. */
export const MIN_BYTES_PER_SECOND = 1024 * 1024

/** How fast a scrub may read. */
export type Rate =
  | { readonly kind: 'limited'; readonly bytesPerSecond: number }
  /** As fast as the disk and one core go. */
  | { readonly kind: 'unlimited' }

const UNITS: Readonly<Record<string, number>> = {
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
}

/** Reads a rate such as `50MiB/s`, `50MiB` or `unlimited`; undefined for anything else, and for less than the least. */
export function readRate(text: string): Rate | undefined {
  if (text === 'unlimited') return { kind: 'unlimited' }
  const [, number = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?) ?([KMG]i?B)(?:\/s)?$/i.exec(text) ?? []
  const bytesPerSecond = Math.floor(Number(number) * (UNITS[unit.toLowerCase()] ?? 0))
  return bytesPerSecond >= MIN_BYTES_PER_SECOND ? { kind: 'limited', bytesPerSecond } : undefined
}

/** A number of bytes for people, such as `12.3 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10), units.length - 1)
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1024 ** power).toFixed(1)} ${units[power]}`
}
