/** As docker shows it: the first twelve digits. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha(256|512):/, '').slice(0, 12)
}
